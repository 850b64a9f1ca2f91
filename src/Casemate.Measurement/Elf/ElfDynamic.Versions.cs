using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Casemate.Measurement.Elf;

public sealed partial class ElfDynamic
{
    private ReadOnlyMemory<byte> _symbolVersions;

    /// <summary>The versions that this file needs of others (DT_VERNEED), in the order of the file.</summary>
    public ImmutableArray<ElfVersionNeed> VersionNeeds { get; private set; } = [];

    /// <summary>The versions that this file defines (DT_VERDEF), in the order of the file.</summary>
    public ImmutableArray<ElfVersionDefinition> VersionDefinitions { get; private set; } = [];

    /// <summary>Whether symbols have versions (DT_VERSYM).</summary>
    public bool HasSymbolVersions => !_symbolVersions.IsEmpty;

    /// <summary>
    /// The version of a symbol as a number: 0 local, 1 global without a version, else an index of a need or a definition. Bit 15 is set
    /// for a version that is found by its name alone.
    /// </summary>
    /// <param name="symbol">Index of the symbol.</param>
    /// <returns>1 when symbols have no versions.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such symbol.</exception>
    public ushort VersionOf(int symbol)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)symbol, (uint)Symbols.Count, nameof(symbol));
        return HasSymbolVersions ? BinaryPrimitives.ReadUInt16LittleEndian(_symbolVersions.Span[(symbol * 2)..]) : (ushort)1;
    }

    private ElfError ReadVersions()
    {
        if (Value(ElfDynamicTag.SymbolVersions) is { } address && Symbols.Count > 0 && !_file.TryMap(address, (ulong)Symbols.Count * 2, out _symbolVersions))
        {
            return ElfError.MalformedVersions;
        }

        if (Map(ElfDynamicTag.VersionNeeds, ElfDynamicTag.VersionNeedsCount, out var needs, out var count) is not ElfError.None and var needsError)
        {
            return needsError;
        }

        if (ReadNeeds(needs.Span, count) is not ElfError.None and var error)
        {
            return error;
        }

        error = Map(ElfDynamicTag.VersionDefinitions, ElfDynamicTag.VersionDefinitionsCount, out var definitions, out count);
        return error is ElfError.None ? ReadDefinitions(definitions.Span, count) : error;
    }

    private ElfError Map(ElfDynamicTag addressTag, ElfDynamicTag countTag, out ReadOnlyMemory<byte> bytes, out int count)
    {
        (bytes, count) = (default, 0);
        var number = Value(countTag) ?? 0;
        if (Value(addressTag) is not { } address || number == 0)
        {
            return ElfError.None;
        }

        if (number > ElfLimits.Versions)
        {
            return ElfError.TooManyEntries;
        }

        count = (int)number;
        return _file.TryMapRest(address, out bytes) ? ElfError.None : ElfError.UnmappedAddress;
    }

    // Verneed: version u16, count u16, file u32, aux u32, next u32. Vernaux: hash u32, flags u16, other u16, name u32, next u32.
    private ElfError ReadNeeds(ReadOnlySpan<byte> bytes, int count)
    {
        var needs = ImmutableArray.CreateBuilder<ElfVersionNeed>();
        var total = 0;
        for (var (at, i) = (0L, 0); i < count; i++)
        {
            if (at > bytes.Length - 16 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[(int)at..]) != 1)
            {
                return ElfError.MalformedVersions;
            }

            var record = bytes[(int)at..];
            if (!Strings.TryGetText(BinaryPrimitives.ReadUInt32LittleEndian(record[4..]), out var file))
            {
                return ElfError.InvalidString;
            }

            var versions = ImmutableArray.CreateBuilder<ElfNeededVersion>();
            var entryAt = at + BinaryPrimitives.ReadUInt32LittleEndian(record[8..]);
            for (int left = BinaryPrimitives.ReadUInt16LittleEndian(record[2..]); left > 0; left--)
            {
                if (entryAt > bytes.Length - 16)
                {
                    return ElfError.MalformedVersions;
                }

                if (++total > ElfLimits.Versions)
                {
                    return ElfError.TooManyEntries;
                }

                var entry = bytes[(int)entryAt..];
                if (!Strings.TryGetText(BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), out var name))
                {
                    return ElfError.InvalidString;
                }

                versions.Add(new ElfNeededVersion(
                    name, BinaryPrimitives.ReadUInt32LittleEndian(entry), (BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]) & 2) != 0,
                    BinaryPrimitives.ReadUInt16LittleEndian(entry[6..])));
                var step = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
                if (step == 0 && left > 1)
                {
                    return ElfError.MalformedVersions;
                }

                entryAt += step;
            }

            needs.Add(new ElfVersionNeed(file, versions.ToImmutable()));
            var next = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
            if (next == 0 && i < count - 1)
            {
                return ElfError.MalformedVersions;
            }

            at += next;
        }

        VersionNeeds = needs.ToImmutable();
        return ElfError.None;
    }

    // Verdef: version u16, flags u16, index u16, count u16, hash u32, aux u32, next u32. Verdaux: name u32, next u32; the first is the
    // version itself, the others are those that it follows.
    private ElfError ReadDefinitions(ReadOnlySpan<byte> bytes, int count)
    {
        var definitions = ImmutableArray.CreateBuilder<ElfVersionDefinition>();
        for (var (at, i) = (0L, 0); i < count; i++)
        {
            if (at > bytes.Length - 20 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[(int)at..]) != 1)
            {
                return ElfError.MalformedVersions;
            }

            var record = bytes[(int)at..];
            var nameAt = at + BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
            if (BinaryPrimitives.ReadUInt16LittleEndian(record[6..]) == 0 || nameAt > bytes.Length - 8)
            {
                return ElfError.MalformedVersions;
            }

            if (!Strings.TryGetText(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)nameAt..]), out var name))
            {
                return ElfError.InvalidString;
            }

            definitions.Add(new ElfVersionDefinition(
                name, BinaryPrimitives.ReadUInt32LittleEndian(record[8..]), (BinaryPrimitives.ReadUInt16LittleEndian(record[2..]) & 1) != 0,
                BinaryPrimitives.ReadUInt16LittleEndian(record[4..])));
            var next = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
            if (next == 0 && i < count - 1)
            {
                return ElfError.MalformedVersions;
            }

            at += next;
        }

        VersionDefinitions = definitions.ToImmutable();
        return ElfError.None;
    }
}
