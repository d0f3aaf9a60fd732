/**
 * Calls tools as an agent does, by the Model Context Protocol over HTTP. https://modelcontextprotocol.io/specification
 */
export interface McpClient {
  tools(): Promise<{ name: string; description: string; inputSchema: { properties: Record<string, unknown> } }[]>;
  call(name: string, given: Record<string, unknown>): Promise<unknown>;
}

export async function connectMcp(url: string, token: string): Promise<McpClient> {
  let id = 0;
  let session: string | undefined;
  const send = async (method: string, params: object, isNotification = false): Promise<unknown> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${token}`,
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...(isNotification ? {} : { id: ++id }), method, params }),
    });
    session ??= response.headers.get('mcp-session-id') ?? undefined;
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} was answered ${response.status}: ${text.slice(0, 300)}`);
    if (isNotification) return undefined;
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
    const { result, error } = JSON.parse(data) as { result?: unknown; error?: { message: string } };
    if (error !== undefined) throw new Error(error.message);
    return result;
  };
  await send('initialize', {
    protocolVersion: '2025-03-26',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  });
  await send('notifications/initialized', {}, true);
  return {
    tools: async () => ((await send('tools/list', {})) as { tools: Awaited<ReturnType<McpClient['tools']>> }).tools,
    async call(name, given) {
      const { content } = (await send('tools/call', { name, arguments: given })) as { content: { text: string }[] };
      return JSON.parse(content[0]?.text ?? 'null');
    },
  };
}
