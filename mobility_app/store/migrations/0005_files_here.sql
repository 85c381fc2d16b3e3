-- Customers whose files this device shall always hold.
CREATE TABLE pin (customer_id TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;

-- Customers with a watched folder on this device, and where it lies.
CREATE TABLE watched (customer_id TEXT PRIMARY KEY, folder TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
