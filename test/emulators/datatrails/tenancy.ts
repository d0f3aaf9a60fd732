import { randomUUID } from 'node:crypto';
import type { Attributes, NewAsset, NewEvent } from './shapes.ts';

export interface StoredEvent {
  readonly identity: string;
  readonly asset_identity: string;
  readonly operation: string;
  readonly behaviour: string;
  readonly event_attributes: Attributes;
  readonly asset_attributes: Attributes;
  readonly timestamp_declared: string;
  readonly timestamp_accepted: string;
  confirmation_status: string;
}

export interface StoredAsset {
  readonly identity: string;
  readonly behaviours: readonly string[];
  /** Follows the events that are confirmed. */
  readonly attributes: Attributes;
  readonly public: boolean;
  readonly tracked: 'TRACKED';
  readonly proof_mechanism: 'MERKLE_LOG';
  readonly tenant_identity: string;
  confirmation_status: string;
}

/** Assets and events of one tenancy. What is accepted is pending until it was looked at `looks` times. */
export interface Tenancy {
  readonly assets: ReadonlyMap<string, StoredAsset>;
  readonly events: readonly StoredEvent[];
  createAsset(asset: NewAsset): StoredAsset;
  createEvent(asset: StoredAsset, event: NewEvent): StoredEvent;
  /** Somebody looks at it: time goes on for it. */
  look(identity: string): StoredAsset | StoredEvent | undefined;
}

export function createTenancy(looks: number): Tenancy {
  const tenant = `tenant/${randomUUID()}`;
  const assets = new Map<string, StoredAsset>();
  const events: StoredEvent[] = [];
  const waiting = new Map<StoredEvent, number>();

  const confirm = (event: StoredEvent): void => {
    const asset = assets.get(event.asset_identity) as StoredAsset;
    event.confirmation_status = 'COMMITTED';
    if (event.operation === 'NewAsset') asset.confirmation_status = 'COMMITTED';
    else Object.assign(asset.attributes, event.asset_attributes);
  };
  const accept = (
    event: Omit<StoredEvent, 'timestamp_declared' | 'timestamp_accepted' | 'confirmation_status'>,
  ): StoredEvent => {
    const now = new Date().toISOString();
    const stored = { ...event, timestamp_declared: now, timestamp_accepted: now, confirmation_status: 'PENDING' };
    events.push(stored);
    if (looks === 0) confirm(stored);
    else waiting.set(stored, looks);
    return stored;
  };

  return {
    assets,
    events,
    createAsset({ behaviours, attributes, public: isPublic }) {
      const identity = `assets/${randomUUID()}`;
      const asset: StoredAsset = {
        identity,
        behaviours,
        attributes: { ...attributes },
        public: isPublic,
        tracked: 'TRACKED',
        proof_mechanism: 'MERKLE_LOG',
        tenant_identity: tenant,
        confirmation_status: 'PENDING',
      };
      assets.set(identity, asset);
      accept({
        identity: `${identity}/events/${randomUUID()}`,
        asset_identity: identity,
        operation: 'NewAsset',
        behaviour: 'AssetCreator',
        event_attributes: {},
        asset_attributes: attributes,
      });
      return asset;
    },
    createEvent: ({ identity }, event) =>
      accept({ identity: `${identity}/events/${randomUUID()}`, asset_identity: identity, ...event }),
    look(identity) {
      // Looking at an asset is looking at the event that made it.
      const event = events.find(
        (each) => each.identity === identity || (each.operation === 'NewAsset' && each.asset_identity === identity),
      );
      const left = event && waiting.get(event);
      if (event && left !== undefined) {
        waiting.set(event, left - 1);
        if (left === 1) {
          waiting.delete(event);
          confirm(event);
        }
      }
      return assets.get(identity) ?? event;
    },
  };
}
