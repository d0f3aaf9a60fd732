/** Where something was taken, as the file says it. */
export interface Place {
  /** Degrees, north and east positive. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** A town or another name. */
  readonly name?: string;
}

/** What a picture or a video says of itself. Texts are other people's. */
export interface Facts {
  /** As it was written, with the offset from UTC where there is one. */
  readonly taken?: string;
  readonly camera?: string;
  readonly place?: Place;
  readonly software?: string;
}

/** Exif's number for how a picture is turned; 1 is upright. */
export type Orientation = number;

/** What is said first counts. */
export function joinFacts(all: readonly Facts[]): Facts {
  const joined: { -readonly [Key in keyof Facts]: Facts[Key] } = {};
  for (const { taken, camera, place, software } of all) {
    if (taken) joined.taken ??= taken;
    if (camera) joined.camera ??= camera;
    if (software) joined.software ??= software;
    if (place) joined.place = { ...place, ...joined.place };
  }
  return joined;
}

export function placeAt(latitude: number, longitude: number): Pick<Facts, 'place'> {
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isOnEarth ? { place: { latitude, longitude } } : {};
}

/** The maker, unless the model begins with it. */
export function cameraOf(make = '', model = ''): Pick<Facts, 'camera'> {
  const name = model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`.trim();
  return name === '' ? {} : { camera: name };
}
