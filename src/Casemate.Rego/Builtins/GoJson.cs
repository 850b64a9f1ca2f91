using System.Globalization;
using System.Numerics;

namespace Casemate.Rego.Builtins;

/// <summary>Members of objects in the shapes that Go's JSON encoder gives its structures.</summary>
internal static class GoJson
{
    public static RegoObject Object(params ReadOnlySpan<(string Name, RegoValue Value)> members)
    {
        var map = new Dictionary<RegoValue, RegoValue>(members.Length);
        foreach (var (name, value) in members)
        {
            map[RegoString.Create(name)] = value;
        }

        return RegoObject.Create(map);
    }

    /// <summary>Bytes as base64.</summary>
    public static RegoValue Base64(ReadOnlySpan<byte> bytes) => RegoString.Create(Convert.ToBase64String(bytes));

    /// <summary>A number from big-endian magnitude.</summary>
    public static RegoNumber Unsigned(ReadOnlySpan<byte> bigEndian) =>
        RegoNumber.Create(new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true));

    /// <summary>An array; null for none, as Go writes a slice that nobody made.</summary>
    public static RegoValue Slice(IEnumerable<RegoValue> items)
    {
        RegoValue[] all = [.. items];
        return all.Length == 0 ? RegoValue.Null : RegoArray.Own(all);
    }

    /// <summary>An object identifier as its numbers.</summary>
    public static RegoValue Oid(string dotted) => RegoArray.Own(
        [.. dotted.Split('.').Select(arc => (RegoValue)RegoNumber.Create(BigInteger.Parse(arc, CultureInfo.InvariantCulture)))]);

    /// <summary>An instant as RFC 3339 in UTC.</summary>
    public static RegoValue Time(DateTimeOffset at) =>
        RegoString.Create(at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
