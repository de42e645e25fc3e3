// The package's names are assigned at run time, where Node finds no named exports: the whole module is the default.
import proto from '@temporalio/proto';

/** Temporal's own message type of a payload, for its bytes on the wire and its JSON. */
export const PayloadProto = proto.temporal.api.common.v1.Payload;
