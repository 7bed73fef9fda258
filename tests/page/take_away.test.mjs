import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCsv, asJson } from '../../plugin_static/take_away.js';
import { modelOf, stacked, starting } from './samples.mjs';

const HEAD = 'variable,shape,dtype,role,layers,timesteps,uses,shared_by_timesteps,parameters\r\n';

test('the variables that are listed, in their order', () => {
  assert.equal(
    asCsv(modelOf(starting()), [2, 1]),
    HEAD +
      'rnn/cell_1/kernel,"(200, 100)",float32,kernel,Layer 1,0 to 2,3,3,20000\r\n' +
      'rnn/cell_0/bias,"(100,)",,bias,Layer 0,0 to 2,3,3,100\r\n',
  );
});

test('what is not known is empty', () => {
  const [, row] = asCsv(modelOf(stacked({ layers: 1, inputs: 4, units: 4 })), [0]).split('\r\n');
  assert.equal(row, 'rnn/cell_0/kernel,"(8, 4)",float32,kernel,Layer 0,0 to T−1,,,32');
});

test('a name is text, whatever it looks like', () => {
  for (const [name, cell] of [
    ['=cmd|x', `"'=cmd|x"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@sum', `"'@sum"`],
    [' =1', `"' =1"`],
    ['a,"b"', '"a,""b"""'],
    ['<b>x', '<b>x'],
    ['a\r\nb\u202ec', 'a\\u{d}\\u{a}b\\u{202e}c'],
  ]) {
    const plain = starting();
    plain.variables[0].name = name;
    const model = modelOf(plain);
    const csv = asCsv(model, [0]);
    assert.ok(csv.slice(HEAD.length).startsWith(`${cell},"(126, 100)",`), csv);
    assert.equal(JSON.parse(asJson(model, [0])).variables[0].name, name);
  }
});
