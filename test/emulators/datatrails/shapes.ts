/**
 * What DataTrails takes, and what it makes of it. Names and limits: doc/assetsv2.swagger.json of
 * https://github.com/datatrails/datatrails-openapi
 */

export type Attributes = Record<string, unknown>;

export interface NewAsset {
  readonly behaviours: string[];
  readonly public: boolean;
  readonly attributes: Attributes;
}

export interface NewEvent {
  readonly operation: string;
  readonly behaviour: string;
  readonly event_attributes: Attributes;
  readonly asset_attributes: Attributes;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const onlyHas = (value: Record<string, unknown>, names: readonly string[]) =>
  Object.keys(value).every((name) => names.includes(name));

/** Names up to 1024, texts up to 4096 characters; a value is a text, or a list of maps of texts. */
function isAttributes(value: unknown): value is Attributes {
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([name, each]) =>
        name.length > 0 &&
        name.length <= 1024 &&
        (typeof each === 'string'
          ? each.length <= 4096
          : Array.isArray(each) &&
            each.every((one) => isObject(one) && Object.values(one).every((text) => typeof text === 'string'))),
    )
  );
}

export function parseNewAsset(value: unknown): NewAsset | undefined {
  if (!isObject(value) || !onlyHas(value, ['behaviours', 'public', 'attributes', 'proof_mechanism', 'chain_id']))
    return undefined;
  const { behaviours, public: isPublic = false, attributes = {} } = value;
  if (
    !Array.isArray(behaviours) ||
    behaviours.length === 0 ||
    !behaviours.every((each) => each === 'RecordEvidence' || each === 'Builtin')
  )
    return undefined;
  if (typeof isPublic !== 'boolean' || !isAttributes(attributes)) return undefined;
  if (attributes['arc_profile'] === 'Document' && attributes['document_status'] !== 'Published') return undefined;
  return { behaviours, public: isPublic, attributes };
}

export function parseNewEvent(value: unknown): NewEvent | undefined {
  const names = [
    'operation',
    'behaviour',
    'event_attributes',
    'asset_attributes',
    'timestamp_declared',
    'principal_declared',
  ];
  if (!isObject(value) || !onlyHas(value, names)) return undefined;
  const { operation, behaviour, event_attributes = {}, asset_attributes = {} } = value;
  if (
    operation !== 'Record' ||
    behaviour !== 'RecordEvidence' ||
    !isAttributes(event_attributes) ||
    !isAttributes(asset_attributes)
  )
    return undefined;
  if (typeof event_attributes['arc_display_type'] !== 'string') return undefined;
  return { operation, behaviour, event_attributes, asset_attributes };
}
