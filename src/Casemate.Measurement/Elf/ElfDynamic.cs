using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Casemate.Measurement.Elf;

/// <summary>
/// What a file tells the dynamic loader: libraries, search paths, symbols, versions, relocations. Read from the dynamic segment alone,
/// through addresses, as a loader does. Source: System V gABI, "Dynamic Linking"; Linux Standard Base Core, "Symbol Versioning".
/// </summary>
public sealed partial class ElfDynamic
{
    private const ulong NoDefaultLibraries = 0x800;                        // DF_1_NODEFLIB
    private const ulong FlagNow = 0x1;                                     // DF_1_NOW
    private const ulong FlagBindNow = 0x8;                                 // DF_BIND_NOW
    private const ulong FlagTextRelocations = 0x4;                         // DF_TEXTREL

    private readonly ElfFile _file;

    private ElfDynamic(ElfFile file, ImmutableArray<ElfDynamicEntry> entries)
    {
        _file = file;
        Entries = entries;
    }

    /// <summary>The entries in the order of the file, without the one that ends them.</summary>
    public ImmutableArray<ElfDynamicEntry> Entries { get; }

    /// <summary>The strings that entries, symbols and versions point into.</summary>
    public ElfStringTable Strings { get; private set; }

    /// <summary>The libraries that are loaded too (DT_NEEDED), in order.</summary>
    public ImmutableArray<string> Needed { get; private set; } = [];

    /// <summary>The libraries that this one filters (DT_FILTER): all must be there.</summary>
    public ImmutableArray<string> Filters { get; private set; } = [];

    /// <summary>The libraries that this one prefers if they are there (DT_AUXILIARY).</summary>
    public ImmutableArray<string> Auxiliaries { get; private set; } = [];

    /// <summary>The name of this library (DT_SONAME); null when it has none.</summary>
    public string? SoName { get; private set; }

    /// <summary>DT_RPATH, with tokens and colons as written; null when there is none. Void when there is a <see cref="RunPath"/>.</summary>
    public string? RPath { get; private set; }

    /// <summary>DT_RUNPATH, with tokens and colons as written; null when there is none.</summary>
    public string? RunPath { get; private set; }

    /// <summary>Whether the default directories are not searched (DF_1_NODEFLIB).</summary>
    public bool HasNoDefaultLibraries => HasBit(ElfDynamicTag.Flags1, NoDefaultLibraries);

    /// <summary>Whether every function is looked up at the start, so that a missing one stops the program there.</summary>
    public bool BindsAtStart =>
        Has(ElfDynamicTag.BindNow) || HasBit(ElfDynamicTag.Flags, FlagBindNow) || HasBit(ElfDynamicTag.Flags1, FlagNow);

    /// <summary>Whether relocations change code (DT_TEXTREL).</summary>
    public bool HasTextRelocations => Has(ElfDynamicTag.TextRelocations) || HasBit(ElfDynamicTag.Flags, FlagTextRelocations);

    /// <summary>The symbols; empty when there are none.</summary>
    public ElfSymbolTable Symbols { get; private set; }

    /// <summary>The relocations of data (DT_RELA); empty when there are none.</summary>
    public ElfRelocationTable Relocations { get; private set; }

    /// <summary>The relocations of functions (DT_JMPREL); empty when there are none.</summary>
    public ElfRelocationTable JumpRelocations { get; private set; }

    /// <summary>The value of the first entry with a tag; null when there is none.</summary>
    public ulong? Value(ElfDynamicTag tag)
    {
        foreach (var entry in Entries)
        {
            if (entry.Tag == tag)
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>Whether there is an entry with a tag.</summary>
    public bool Has(ElfDynamicTag tag) => Value(tag) is not null;

    private bool HasBit(ElfDynamicTag tag, ulong bit) => ((Value(tag) ?? 0) & bit) != 0;

    internal static ElfError TryRead(ElfFile file, out ElfDynamic? dynamic)
    {
        dynamic = null;
        if (file.Find(ElfSegmentType.Dynamic) is not { } segment)
        {
            return ElfError.NoDynamicSegment;
        }

        if (!file.TryMap(segment.Address, segment.FileSize, out var bytes))
        {
            return ElfError.UnmappedAddress;
        }

        if (ReadEntries(bytes.Span, out var entries) is not ElfError.None and var malformed)
        {
            return malformed;
        }

        var read = new ElfDynamic(file, entries);
        var error = read.ReadStrings();
        error = error is ElfError.None ? read.ReadRelocations() : error;
        error = error is ElfError.None ? read.ReadSymbols() : error;
        error = error is ElfError.None ? read.ReadVersions() : error;
        dynamic = error is ElfError.None ? read : null;
        return error;
    }

    private static ElfError ReadEntries(ReadOnlySpan<byte> bytes, out ImmutableArray<ElfDynamicEntry> entries)
    {
        entries = [];
        var read = ImmutableArray.CreateBuilder<ElfDynamicEntry>();
        for (var at = 0; at <= bytes.Length - 16; at += 16)
        {
            var tag = (ElfDynamicTag)BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
            if (tag is ElfDynamicTag.Null)
            {
                entries = read.ToImmutable();
                return ElfError.None;
            }

            if (read.Count == ElfLimits.DynamicEntries)
            {
                return ElfError.TooManyEntries;
            }

            read.Add(new ElfDynamicEntry(tag, BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 8)..])));
        }

        return ElfError.MalformedDynamic;
    }

    private ElfError ReadStrings()
    {
        if (Value(ElfDynamicTag.Strings) is { } address)
        {
            if (Value(ElfDynamicTag.StringsSize) is not { } size)
            {
                return ElfError.MalformedDynamic;
            }

            if (!_file.TryMap(address, size, out var strings))
            {
                return size == 0 ? ElfError.None : ElfError.UnmappedAddress;
            }

            Strings = new ElfStringTable(strings);
        }

        var (needed, filters, auxiliaries) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var entry in Entries)
        {
            switch (entry.Tag)
            {
                case ElfDynamicTag.Needed or ElfDynamicTag.Filter or ElfDynamicTag.Auxiliary or ElfDynamicTag.SoName:
                    if (!Strings.TryGetText(entry.Value, out var name) || name.Length == 0)
                    {
                        return ElfError.InvalidString;
                    }

                    switch (entry.Tag)
                    {
                        case ElfDynamicTag.Needed:
                            needed.Add(name);
                            break;
                        case ElfDynamicTag.Filter:
                            filters.Add(name);
                            break;
                        case ElfDynamicTag.Auxiliary:
                            auxiliaries.Add(name);
                            break;
                        default:
                            SoName ??= name;
                            break;
                    }

                    break;
                case ElfDynamicTag.RPath or ElfDynamicTag.RunPath:
                    if (!Strings.TryGetText(entry.Value, out var path, ElfLimits.SearchPathBytes))
                    {
                        return ElfError.InvalidString;
                    }

                    (RPath, RunPath) = entry.Tag is ElfDynamicTag.RPath ? (RPath ?? path, RunPath) : (RPath, RunPath ?? path);
                    break;
            }
        }

        (Needed, Filters, Auxiliaries) = ([.. needed], [.. filters], [.. auxiliaries]);
        return ElfError.None;
    }

    private ElfError ReadRelocations()
    {
        if ((Value(ElfDynamicTag.RelocationSize) ?? ElfRelocation.EntrySize) != ElfRelocation.EntrySize
            || (Has(ElfDynamicTag.JumpRelocations) && (Value(ElfDynamicTag.JumpRelocationsKind) ?? 7) != (ulong)ElfDynamicTag.Relocations))
        {
            return ElfError.MalformedDynamic;
        }

        if (ReadTable(ElfDynamicTag.Relocations, ElfDynamicTag.RelocationsSize, out var relocations) is not ElfError.None and var error)
        {
            return error;
        }

        error = ReadTable(ElfDynamicTag.JumpRelocations, ElfDynamicTag.JumpRelocationsSize, out var jumps);
        (Relocations, JumpRelocations) = (new ElfRelocationTable(relocations), new ElfRelocationTable(jumps));
        return error;
    }

    private ElfError ReadTable(ElfDynamicTag addressTag, ElfDynamicTag sizeTag, out ReadOnlyMemory<byte> table)
    {
        table = default;
        var size = Value(sizeTag) ?? 0;
        if (Value(addressTag) is not { } address || size == 0)
        {
            return ElfError.None;
        }

        if (size % ElfRelocation.EntrySize != 0)
        {
            return ElfError.MalformedDynamic;
        }

        return _file.TryMap(address, size, out table) ? ElfError.None : ElfError.UnmappedAddress;
    }
}
