import { describe, expect, test } from 'vitest';
import { grantsIn, withoutGrants } from '../../../src/catalog/difference/grants.js';

const facts = {
  owner: 'deploy',
  privileges: {
    deploy: ['insert', 'select', 'trigger'],
    public: ['select'],
    reporting: ['select', 'trigger'],
    service: ['insert', 'select with grant option'],
  },
};

describe('the privileges that a comparison of two catalogs', () => {
  test('compares are those of the owner and of PUBLIC, and CREATE and TRIGGER of others', () => {
    expect(withoutGrants(facts)).toEqual({
      owner: 'deploy',
      privileges: { deploy: ['insert', 'select', 'trigger'], public: ['select'], reporting: ['trigger'] },
    });
    expect(withoutGrants({ privileges: { service: ['select'] } })).toEqual({});
    expect(withoutGrants({ owner: 'deploy' })).toEqual({ owner: 'deploy' });
  });

  test('leaves out are the others, which verify lists', () => {
    expect(grantsIn(facts)).toEqual({
      reporting: ['select'],
      service: ['insert', 'select with grant option'],
    });
    expect(grantsIn({ owner: 'deploy' })).toEqual({});
  });
});
