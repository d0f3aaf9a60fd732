/** Answers that come before any route: maintenance in its three shapes, and the untrusted host. */
import { davErrorXml } from './davError.ts';
import type { Exchange } from './exchange.ts';

const html = { 'Content-Type': 'text/html; charset=UTF-8' };

export async function sendMaintenance(exchange: Exchange): Promise<void> {
  const { area } = exchange.record;
  if (area === 'ocs') {
    return exchange.send(
      503,
      { 'X-Nextcloud-Maintenance-Mode': '1', 'Content-Type': 'application/json; charset=utf-8' },
      JSON.stringify({
        ocs: { meta: { status: 'failure', statuscode: 503, message: 'Service unavailable' }, data: [] },
      }),
    );
  }
  if (area === 'page' || area === 'login') {
    return exchange.send(
      503,
      { ...html, 'X-Nextcloud-Maintenance-Mode': '1', 'Retry-After': '120' },
      '<!DOCTYPE html><html><body><h2>Maintenance mode</h2><p>This Nextcloud instance is currently in maintenance mode, which may take a while.</p></body></html>',
    );
  }
  return exchange.send(
    503,
    { 'Content-Type': 'application/xml; charset=utf-8' },
    davErrorXml('OCA\\DAV\\Connector\\Sabre\\Exception\\ServerMaintenanceMode', 'System is in maintenance mode.'),
  );
}

export async function sendUntrusted(exchange: Exchange): Promise<void> {
  return exchange.send(
    400,
    html,
    '<!DOCTYPE html><html><body><h2>Access through untrusted domain</h2><p>Please contact your administrator.</p></body></html>',
  );
}
