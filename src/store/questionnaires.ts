import { canonicalJson } from '../domain/json.js';
import { QuestionnaireSchema, type Questionnaire, type Questionnaires } from '../domain/questionnaire.js';
import type { Db } from './open.js';

/** Stores what the provider sees from now on; written with each transition of the inspection. */
export async function putQuestionnaire(db: Db, questionnaire: Questionnaire, at: string): Promise<void> {
  const content = canonicalJson(questionnaire);
  await db
    .insertInto('questionnaire')
    .values({ workflow_id: questionnaire.inspection, content, updated_at: at })
    .onConflict((c) => c.column('workflow_id').doUpdateSet({ content, updated_at: at }))
    .execute();
}

/** The questionnaires of the register. */
export function questionnairesIn(db: Db): Questionnaires {
  return {
    async of(inspection) {
      const row = await db
        .selectFrom('questionnaire')
        .select('content')
        .where('workflow_id', '=', inspection)
        .executeTakeFirst();
      return row && QuestionnaireSchema.parse(row.content);
    },
  };
}
