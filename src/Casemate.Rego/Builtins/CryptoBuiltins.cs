using System.Security.Cryptography;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Digests, message authentication, identifiers and random numbers from the caller's seed.</summary>
internal static class CryptoBuiltins
{
    public static void Register(BuiltinTable table)
    {
        // Old digests are offered because policies compare values that others made with them.
#pragma warning disable CA5350, CA5351
        Digest(table, "md5", MD5.HashData, HMACMD5.HashData);
        Digest(table, "sha1", SHA1.HashData, HMACSHA1.HashData);
#pragma warning restore CA5350, CA5351
        Digest(table, "sha256", SHA256.HashData, HMACSHA256.HashData);
        table.Add("crypto.hmac.sha512", "s", "s", (_, a, key) =>
            Hex(HMACSHA512.HashData(EncodingBuiltins.Bytes(key), EncodingBuiltins.Bytes(a))));
        table.Add("crypto.hmac.equal", "s", "s", (_, a, b) =>
            RegoValue.From(CryptographicOperations.FixedTimeEquals(EncodingBuiltins.Bytes(a), EncodingBuiltins.Bytes(b))));
        table.Add("rand.intn", "s", "n", RandomInteger);
        table.Add("uuid.rfc4122", "s", RandomUuid);
        table.Add("uuid.parse", "s", ParseUuid);
    }

    private static void Digest(BuiltinTable table, string name, Func<byte[], byte[]> hash, Func<byte[], byte[], byte[]> mac)
    {
        table.Add($"crypto.{name}", "s", (c, a) => Hex(hash(Counted(c, a))));
        table.Add($"crypto.hmac.{name}", "s", "s", (c, a, key) => Hex(mac(EncodingBuiltins.Bytes(key), Counted(c, a))));
    }

    private static byte[] Counted(BuiltinContext context, RegoValue text)
    {
        context.Step(((RegoString)text).Value.Length / 64);
        return EncodingBuiltins.Bytes(text);
    }

    private static RegoString Hex(byte[] bytes) => RegoString.Create(Convert.ToHexStringLower(bytes));

    // The same seed and key give the same bytes, so that an evaluation can be repeated.
    private static byte[]? Random(BuiltinContext context, string name, string key)
    {
        if (context.Options.Seed is { } seed)
        {
            return SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{name}\n{key}"));
        }

        context.Error($"{name}: the host gave the evaluation no seed");
        return null;
    }

    private static RegoValue? RandomInteger(BuiltinContext context, RegoValue key, RegoValue bound)
    {
        if (bound is not RegoNumber { IsSmall: true, Small: var most } || most == long.MinValue)
        {
            return context.TypeError("rand.intn: operand 2 must be integer number");
        }

        var random = Random(context, "rand.intn", $"{((RegoString)key).Value}/{most}");
        return random is null ? null : RegoNumber.Create(most == 0 ? 0 : (long)(BitConverter.ToUInt64(random) % (ulong)Math.Abs(most)));
    }

    private static RegoValue? RandomUuid(BuiltinContext context, RegoValue key)
    {
        if (Random(context, "uuid.rfc4122", ((RegoString)key).Value) is not { } bytes)
        {
            return null;
        }

        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return RegoString.Create(new Guid(bytes.AsSpan(0, 16), bigEndian: true).ToString());
    }

    private static RegoValue? ParseUuid(BuiltinContext context, RegoValue value)
    {
        var text = ((RegoString)value).Value;
        text = text.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase) ? text[9..] : text;
        if (!Guid.TryParseExact(text, "D", out var uuid) && !Guid.TryParseExact(text, "N", out uuid)
            && !Guid.TryParseExact(text, "B", out uuid))
        {
            return context.Error("uuid.parse: invalid UUID");
        }

        var bytes = uuid.ToByteArray(bigEndian: true);
        var version = bytes[6] >> 4;
        var members = new Dictionary<RegoValue, RegoValue>
        {
            [RegoString.Create("version")] = RegoNumber.Create(version),
            [RegoString.Create("variant")] = RegoString.Create((bytes[8] >> 5) switch
            {
                4 or 5 => "RFC4122",
                6 => "Microsoft",
                7 => "Future",
                _ => "Reserved",
            }),
        };
        if (version is 1 or 2)
        {
            var ticks = ((long)(bytes[6] & 0x0F) << 56) | ((long)bytes[7] << 48) | ((long)bytes[4] << 40) | ((long)bytes[5] << 32)
                | ((long)bytes[0] << 24) | ((long)bytes[1] << 16) | ((long)bytes[2] << 8) | bytes[3];
            members[RegoString.Create("time")] = RegoNumber.Create((new System.Numerics.BigInteger(ticks) - 0x01B21DD213814000) * 100);
            members[RegoString.Create("clocksequence")] = RegoNumber.Create(((bytes[8] & 0x3F) << 8) | bytes[9]);
            members[RegoString.Create("nodeid")] = RegoString.Create(string.Join('-', bytes[10..].Select(b => b.ToString("x2", null))));
            members[RegoString.Create("macvariables")] = RegoString.Create(
                ((bytes[10] & 2) == 0 ? "global" : "local") + ":" + ((bytes[10] & 1) == 0 ? "unicast" : "multicast"));
        }

        if (version == 2)
        {
            members[RegoString.Create("domain")] = RegoString.Create(bytes[9] switch
            {
                0 => "Person",
                1 => "Group",
                2 => "Org",
                var other => $"Domain{other}",
            });
            members[RegoString.Create("id")] = RegoNumber.Create(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        return RegoObject.Create(members);
    }
}
