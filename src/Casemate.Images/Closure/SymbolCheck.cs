using System.Text;
using Casemate.Measurement.Elf;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>
/// Checks what the loader checks when a program starts, versions of symbols, and what it finds out later, symbols that nobody defines.
/// Source: Linux Standard Base Core, "Symbol Versioning", "Symbol Resolution".
/// </summary>
internal static class SymbolCheck
{
    private const int MaxNameBytes = 65536;
    private const int MaxReported = 8;
    private const long MaxWork = 1L << 30;
    private const ushort HiddenBit = 0x8000;
    private const ushort AbsoluteSection = 0xFFF1;

    /// <summary>Every version that is needed must be defined by the library that is named for it.</summary>
    public static void Versions(LoaderProcess process, ClosureWork work)
    {
        foreach (var loaded in process.Objects)
        {
            foreach (var need in loaded.Dynamic?.VersionNeeds ?? [])
            {
                // A library that is missing was reported as that; one that defines no versions at all is taken as it is.
                if (process.Find(need.File) is not { Dynamic.VersionDefinitions: [_, ..] definitions } provider)
                {
                    continue;
                }

                var defined = definitions.Select(definition => definition.Name).ToHashSet(StringComparer.Ordinal);
                foreach (var version in need.Versions.Where(version => !defined.Contains(version.Name)).Take(MaxReported))
                {
                    work.Report(
                        ClosureFindingKind.SymbolVersionMissing, version.IsWeak ? ClosureSeverity.Warning : ClosureSeverity.Error, loaded.Path,
                        $"{Shown.Of(loaded.Path)} needs version {Shown.Of(version.Name)} of {Shown.Of(need.File)}, which {Shown.Of(provider.Path)} "
                        + $"does not define{Newest(version.Name, definitions)}");
                }
            }
        }
    }

    /// <summary>Every strong undefined symbol must be defined by some object of the process. Returns the names of all that are imported.</summary>
    public static HashSet<string> Undefined(LoaderProcess process, ClosureWork work)
    {
        var wanted = new Dictionary<string, List<Use>>(StringComparer.Ordinal);
        var budget = MaxWork;
        Visit(process, ref budget, (loaded, index, symbol, name) =>
        {
            if (!symbol.IsDefined && !name.IsEmpty && symbol.Binding is not ElfSymbolBinding.Local)
            {
                var lookup = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
                if (!lookup.TryGetValue(name, out var uses))
                {
                    lookup[name] = uses = [];
                }

                uses.Add(new Use(loaded, index, symbol.Binding is ElfSymbolBinding.Weak, VersionName(loaded, index)));
            }
        });
        var spent = 0L;
        Visit(process, ref budget, (loaded, index, symbol, name) =>
        {
            if (spent > MaxWork)
            {
                throw TooMuch();
            }

            if (symbol.IsDefined && symbol.Binding is not ElfSymbolBinding.Local
                && (symbol.Value != 0 || symbol.SectionIndex == AbsoluteSection || symbol.Type is ElfSymbolType.ThreadLocal)
                && wanted.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var uses))
            {
                var number = loaded.Dynamic!.VersionOf(index);
                // Without a version, or of the base version and not hidden, it stands for every version.
                var fitsAll = !loaded.Dynamic.HasSymbolVersions || (number & ~HiddenBit) <= 1;
                var version = fitsAll ? null : VersionName(loaded, index);
                // One name may be used and defined very often in a file that is made for it.
                spent += uses.Count;
                foreach (var use in uses)
                {
                    use.IsDefined |= fitsAll || use.Version is null || use.Version == version;
                }
            }
        });

        foreach (var group in wanted.SelectMany(entry => entry.Value.Where(use => use is { IsDefined: false, IsWeak: false })
            .Select(use => (use.Object, Name: use.Version is null ? entry.Key : $"{entry.Key}@{use.Version}", use.Index))).GroupBy(use => use.Object))
        {
            var stops = StopsTheStart(process, group.Key, [.. group.Select(use => (uint)use.Index)]);
            var names = group.Select(use => Shown.Of(use.Name)).Order(StringComparer.Ordinal).ToList();
            var more = names.Count > MaxReported ? $" and {names.Count - MaxReported} more" : "";
            work.Report(
                ClosureFindingKind.SymbolMissing, stops ? ClosureSeverity.Error : ClosureSeverity.Warning, group.Key.Path,
                $"{Shown.Of(group.Key.Path)} uses symbols that no file of the process defines: {string.Join(", ", names.Take(MaxReported))}{more}");
        }

        return [.. wanted.Keys];
    }

    // Functions may be looked up at their first call; data, and everything of a file that binds at once, is looked up at the start.
    private static bool StopsTheStart(LoaderProcess process, ProcessObject loaded, HashSet<uint> symbols)
    {
        if (process.Objects.Take(process.AtStart).All(other => other != loaded))
        {
            return false;
        }

        var table = loaded.Dynamic!.Relocations;
        for (var i = 0; i < table.Count; i++)
        {
            if (symbols.Contains(table[i].SymbolIndex))
            {
                return true;
            }
        }

        return loaded.Dynamic.BindsAtStart;
    }

    private static string? VersionName(ProcessObject loaded, int index) =>
        (loaded.Dynamic!.VersionOf(index) & ~HiddenBit) is > 1 and var number ? loaded.VersionNames.GetValueOrDefault(number) : null;

    private static string Newest(string version, IEnumerable<ElfVersionDefinition> definitions)
    {
        var family = version.LastIndexOf('_') is > 0 and var cut ? version[..(cut + 1)] : null;
        var newest = definitions.Where(definition => family is not null && definition.Name.StartsWith(family, StringComparison.Ordinal))
            .Select(definition => (definition.Name, Number: Version.TryParse(definition.Name[family!.Length..], out var number) ? number : null))
            .Where(definition => definition.Number is not null).OrderBy(definition => definition.Number).LastOrDefault();
        return newest.Name is null ? "" : $" (the newest that it defines is {Shown.Of(newest.Name)}): use a base that has {Shown.Of(version)}";
    }

    private delegate void Visitor(ProcessObject loaded, int index, ElfSymbol symbol, ReadOnlySpan<char> name);

    private static void Visit(LoaderProcess process, ref long budget, Visitor visit)
    {
        var characters = new char[MaxNameBytes];
        foreach (var loaded in process.Objects)
        {
            var symbols = loaded.Dynamic?.Symbols ?? default;
            for (var i = 1; i < symbols.Count; i++)
            {
                var symbol = symbols[i];
                if (!symbols.TryGetName(symbol, out var name) || name.Length > MaxNameBytes)
                {
                    continue;
                }

                // Names may overlap, so that a small file can hold very many bytes of them.
                budget -= name.Length;
                if (budget < 0)
                {
                    throw TooMuch();
                }

                Encoding.Latin1.GetChars(name, characters);
                visit(loaded, i, symbol, characters.AsSpan(0, name.Length));
            }
        }
    }

    private static OciException TooMuch() =>
        new(OciError.LimitExceeded, "the libraries have more symbols, or longer names of symbols, than are checked", "Look at the libraries before you pack them.");

    private sealed class Use(ProcessObject loaded, int index, bool isWeak, string? version)
    {
        public ProcessObject Object { get; } = loaded;

        public int Index { get; } = index;

        public bool IsWeak { get; } = isWeak;

        public string? Version { get; } = version;

        public bool IsDefined { get; set; }
    }
}
