/** The server functions, called the way a form calls them: for arranging what a test is not about. */
import { expect, type APIRequestContext } from '@playwright/test';

/** Ids are decimal strings. */
export type Id = string;

export interface Guild {
  id: Id;
  name: string;
  system_channel_id: Id;
}

export interface Channel {
  id: Id;
  name: string;
}

export interface Message {
  id: Id;
  content: string;
}

/** Calls `/api/{endpoint}` with the cookies of `request`; anything but success fails the test. */
export async function call<T>(request: APIRequestContext, endpoint: string, fields: Record<string, string>): Promise<T> {
  const answer = await request.post(`/api/${endpoint}`, { form: fields });
  const text = await answer.text();
  expect(answer.ok(), `${endpoint} answered ${answer.status()}: ${text}`).toBe(true);
  return (text === '' ? null : JSON.parse(text)) as T;
}

export function createGuild(request: APIRequestContext, name: string): Promise<Guild> {
  return call<Guild>(request, 'guilds/create', { name });
}

export function createChannel(request: APIRequestContext, guild: Id, name: string): Promise<Channel> {
  return call<Channel>(request, 'channels/create', { guild_id: guild, name });
}

/** Lets the person behind `guest` into a guild of the person behind `host`. */
export async function letIn(host: APIRequestContext, guest: APIRequestContext, guild: Id): Promise<void> {
  const { code } = await call<{ code: string }>(host, 'invites/standing', { guild_id: guild });
  await call(guest, 'invites/join', { code });
}

export function say(request: APIRequestContext, channel: Id, content: string): Promise<Message> {
  return call<Message>(request, 'messages/send', { channel_id: channel, content });
}

/**
 * Fills a channel: "line 1" first and the last one last, those between in any order, as many at once as one commit
 * takes well.
 */
export async function fill(request: APIRequestContext, channel: Id, count: number): Promise<void> {
  await say(request, channel, 'line 1');
  let next = 2;
  const sender = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) await say(request, channel, `line ${number}`);
  };
  await Promise.all(Array.from({ length: 16 }, sender));
  if (count > 1) await say(request, channel, `line ${count}`);
}
