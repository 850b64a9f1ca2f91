using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Casemate.Rego.Builtins;

/// <summary>Addresses and networks as text; no network is touched.</summary>
internal static class NetworkBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("net.cidr_contains", "s", "s", Contains);
        table.Add("net.cidr_intersects", "s", "s", Intersects);
        table.Alias("net.cidr_overlap", "net.cidr_contains");
        table.Add("net.cidr_is_valid", "s", (_, a) => RegoValue.From(Network(Text(a)) is not null));
        table.Add("net.cidr_expand", "s", Expand);
        table.Add("net.cidr_merge", "at", Merge);
        table.Add("net.cidr_contains_matches", "saot", "saot", ContainsMatches);
    }

    private static string Text(RegoValue value) => ((RegoString)value).Value;

    /// <summary>A range of addresses of one family.</summary>
    private readonly record struct Range(bool IsV6, BigInteger First, BigInteger Last)
    {
        public bool Contains(Range other) => IsV6 == other.IsV6 && other.First >= First && other.Last <= Last;
    }

    private static Range? Network(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || Address(text[..slash]) is not { } address
            || !int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out var bits))
        {
            return null;
        }

        var width = address.IsV6 ? 128 : 32;
        if (bits > width)
        {
            return null;
        }

        var size = BigInteger.One << (width - bits);
        var first = address.First / size * size;
        return new Range(address.IsV6, first, first + size - 1);
    }

    private static Range? Address(string text)
    {
        // The base library also reads "1" and "0x7f.1"; Go does not.
        if (!IPAddress.TryParse(text, out var address) || text.Contains('%', StringComparison.Ordinal)
            || text.Contains('[', StringComparison.Ordinal)
            || (address.AddressFamily is AddressFamily.InterNetwork && address.ToString() != text))
        {
            return null;
        }

        var number = new BigInteger(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);
        return new Range(address.AddressFamily is AddressFamily.InterNetworkV6, number, number);
    }

    private static Range? Any(string text) => text.Contains('/', StringComparison.Ordinal) ? Network(text) : Address(text);

    private static RegoValue? Contains(BuiltinContext context, RegoValue network, RegoValue item) =>
        Network(Text(network)) is not { } whole ? context.Error($"net.cidr_contains: invalid CIDR address: {Text(network)}")
        : Any(Text(item)) is not { } part ? context.Error($"net.cidr_contains: invalid CIDR address: {Text(item)}")
        : RegoValue.From(whole.Contains(part));

    private static RegoValue? Intersects(BuiltinContext context, RegoValue a, RegoValue b) =>
        Network(Text(a)) is { } x && Network(Text(b)) is { } y
            ? RegoValue.From(x.IsV6 == y.IsV6 && x.First <= y.Last && y.First <= x.Last)
            : context.Error("net.cidr_intersects: invalid CIDR address");

    private static RegoString Write(bool isV6, BigInteger number)
    {
        var bytes = new byte[isV6 ? 16 : 4];
        var raw = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        raw.CopyTo(bytes, bytes.Length - raw.Length);
        return RegoString.Create(new IPAddress(bytes).ToString());
    }

    private static RegoValue? Expand(BuiltinContext context, RegoValue network)
    {
        if (Network(Text(network)) is not { } range)
        {
            return context.Error($"net.cidr_expand: invalid CIDR address: {Text(network)}");
        }

        var count = range.Last - range.First + 1;
        context.CheckCount(count > int.MaxValue ? int.MaxValue : (long)count);
        context.Charge((long)count * 96);
        var addresses = new HashSet<RegoValue>();
        for (var address = range.First; address <= range.Last; address++)
        {
            context.Step();
            addresses.Add(Write(range.IsV6, address));
        }

        return RegoSet.Create(addresses);
    }

    private static RegoValue? Merge(BuiltinContext context, RegoValue networks)
    {
        var ranges = new List<Range>();
        foreach (var item in AggregateBuiltins.Items(networks))
        {
            if (item is not RegoString text || Any(text.Value) is not { } range)
            {
                return context.Error("net.cidr_merge: invalid CIDR address");
            }

            if (range.IsV6 && !text.Value.Contains('/', StringComparison.Ordinal))
            {
                return context.Error("net.cidr_merge: IPv6 invalid: needs prefix length");
            }

            ranges.Add(range);
        }

        var merged = new List<Range>();
        foreach (var range in ranges.OrderBy(range => range.IsV6).ThenBy(range => range.First))
        {
            if (merged.Count > 0 && merged[^1].IsV6 == range.IsV6 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = merged[^1] with { Last = BigInteger.Max(merged[^1].Last, range.Last) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return RegoSet.Create(merged.SelectMany(Blocks));
    }

    // The fewest networks that cover a range exactly.
    private static IEnumerable<RegoValue> Blocks(Range range)
    {
        var width = range.IsV6 ? 128 : 32;
        for (var first = range.First; first <= range.Last;)
        {
            var size = first.IsZero ? BigInteger.One << width : first & -first;
            while (first + size - 1 > range.Last)
            {
                size >>= 1;
            }

            var bits = width - ((int)size.GetBitLength() - 1);
            yield return RegoString.Create($"{Write(range.IsV6, first).Value}/{bits}");
            first += size;
        }
    }

    private static RegoValue? ContainsMatches(BuiltinContext context, RegoValue networks, RegoValue items)
    {
        if (Entries(networks) is not { } whole || Entries(items) is not { } parts)
        {
            return context.Error("net.cidr_contains_matches: operands must be networks or collections of networks");
        }

        var found = new HashSet<RegoValue>();
        foreach (var (key, range) in whole)
        {
            context.Step(parts.Count);
            foreach (var (other, part) in parts.Where(entry => range.Contains(entry.Range)))
            {
                found.Add(RegoArray.Own([key, other]));
                context.CheckCount(found.Count);
            }
        }

        return RegoSet.Create(found);
    }

    // Networks with what the result names them by: the text itself, an index, a key or a member.
    private static List<(RegoValue Key, Range Range)>? Entries(RegoValue value)
    {
        IEnumerable<(RegoValue Key, RegoValue Item)> items = value switch
        {
            RegoArray array => array.Select((item, i) => ((RegoValue)RegoNumber.Create(i), item)),
            RegoObject members => members.Select(member => (member.Key, member.Value)),
            RegoSet set => set.Select(member => (member, member)),
            _ => [(value, value)],
        };
        var entries = new List<(RegoValue Key, Range Range)>();
        foreach (var (key, item) in items)
        {
            var text = item is RegoArray { Count: > 0 } tuple ? tuple[0] : item;
            if (text is not RegoString address || Any(address.Value) is not { } range)
            {
                return null;
            }

            entries.Add((key, range));
        }

        return entries;
    }
}
