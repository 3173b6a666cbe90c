/**
 * The schema of the state table: names of keys, their types, and the attribute of the time to live. The template, the
 * local table and the adapter take it from here, so they cannot differ. All other attributes belong to the file that
 * stores them.
 */

/** Partition key: the kind of an item and its owner, for example `segment#<sink>#<id>`. */
export const PARTITION_KEY = 'pk';

/** Sort key: orders the items of a partition. */
export const SORT_KEY = 'sk';

/** Time in epoch seconds after which DynamoDB deletes an item. Items without this attribute never expire. */
export const EXPIRES_AT = 'expiresAt';

interface TableKeys {
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' }[];
  KeySchema: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];
}

/** Returns the keys in the form that CloudFormation and `CreateTable` share. */
export const tableKeys = (): TableKeys => ({
  AttributeDefinitions: [
    { AttributeName: PARTITION_KEY, AttributeType: 'S' },
    { AttributeName: SORT_KEY, AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
    { AttributeName: SORT_KEY, KeyType: 'RANGE' },
  ],
});
