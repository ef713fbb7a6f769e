// In which scopes a setting is written, so that the value counts afterwards. Pure.

import type { Inspected, ServerSetting } from "./settings";

export type Scope = "folder" | "workspace" | "user";

export interface SettingUpdate {
  readonly key: string; // without the section
  readonly scope: Scope;
  readonly value: string | undefined; // undefined removes it
}

const VALUES = { folder: "workspaceFolderValue", workspace: "workspaceValue", user: "globalValue" } as const;
const SCOPES: readonly Scope[] = ["folder", "workspace", "user"]; // the one that counts first

/**
 * The updates that make settings have these values. A value goes where one counts already, else to the user's settings;
 * a setting to be removed (`undefined`) is removed in all scopes and spellings. The settings of a workspace that is not
 * trusted do not count, so they are left as they are.
 */
export function updatesFor(
  wanted: readonly (readonly [key: string, value: string | undefined])[],
  settings: readonly ServerSetting[],
  inspect: (key: string) => Inspected | undefined,
  trusted: boolean,
): SettingUpdate[] {
  return wanted.flatMap(([key, value]): SettingUpdate[] => {
    const setting = settings.find(({ keys }) => keys.includes(key));
    const spellings = setting?.keys ?? [key];
    const scopes = trusted || !setting?.restricted ? SCOPES : SCOPES.slice(-1);
    const held = scopes.flatMap((scope) =>
      spellings
        .filter((spelling) => inspect(spelling)?.[VALUES[scope]] !== undefined)
        .map((spelling) => ({ key: spelling, scope })),
    );
    if (value === undefined) {
      return held.map((place) => ({ ...place, value }));
    }
    return [{ key, scope: held[0]?.scope ?? "user", value }];
  });
}
