#!/usr/bin/env bash
# Keys and certificates for the sample servers: openssl and coreutils alone.
#
#   make-keys.sh DIR NODE...
#
# NODE is a server's host names and addresses, comma separated, as clients and the other nodes write them:
#   make-keys.sh keys nats.example.com
#   make-keys.sh keys nats-1.example.com,10.0.0.1 nats-2.example.com,10.0.0.2 nats-3.example.com,10.0.0.3
#
# What is there already is kept, so that a node or a user can be added later. Lifetimes: DAYS (825), CA_DAYS (3650).
set -euo pipefail
umask 077

users="indexer candle-builder clickhouse-sink api-query operator monitor sys"
[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
shift

certificate() { # FILE SUBJECT USAGE [NAMES]
	[ -e "$1.pem" ] && return
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "${DAYS:-825}" -out "$1.pem" \
		-extfile <(echo "extendedKeyUsage=$3"; [ -z "${4-}" ] || echo "subjectAltName=$4") 2>/dev/null
	rm "$1.csr"
}

names() { # a,b,10.0.0.1 -> DNS:a,DNS:b,IP:10.0.0.1
	local name list=
	for name in ${1//,/ }; do
		[[ $name =~ ^[0-9.]+$|: ]] && list+=",IP:$name" || list+=",DNS:$name"
	done
	echo "${list#,}"
}

nkey() { # HEX of the bytes -> as NKeys are written: with their CRC-16, in base 32
	local crc=0 byte bit hex=$1
	while [ -n "$hex" ]; do
		byte=$((16#${hex:0:2})) hex=${hex:2} crc=$((crc ^ byte << 8))
		for bit in 1 2 3 4 5 6 7 8; do crc=$(((crc << 1 ^ (crc >> 15) * 0x1021) & 0xffff)); done
	done
	printf "$(sed 's/../\\x&/g' <<<"$1$(printf '%02x%02x' $((crc & 255)) $((crc >> 8)))")" | base32 -w0 | tr -d =
}

hex() { tail -c 32 | od -An -v -tx1 | tr -d ' \n'; }

user() { # NAME: its client certificate, its NKey seed, and a line for the servers
	certificate "$1" "$1" clientAuth
	[ -e "$1.nk" ] && return
	openssl genpkey -algorithm ed25519 -outform DER -out "$1.der"
	echo "$(nkey "9500$(hex <"$1.der")")" >"$1.nk"
	echo "NATS_NKEY_$(tr a-z- A-Z_ <<<"$1")=$(nkey "a0$(openssl pkey -inform DER -in "$1.der" -pubout -outform DER | hex)")" >>users.env
	rm "$1.der"
}

[ -e ca.pem ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "${CA_DAYS:-3650}" \
	-subj "/CN=dex NATS CA" -keyout ca.key -out ca.pem 2>/dev/null
for node in "$@"; do certificate "${node%%,*}" "${node%%,*}" serverAuth,clientAuth "$(names "$node")"; done
for name in $users; do user "$name"; done
echo "$PWD: ca.pem; per node NAME.pem and .key; per user NAME.pem, .key and .nk; users.env for the servers. Keep ca.key offline."
