using Casemate.Images.Roots;
using Casemate.Measurement.Elf;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>The programs and libraries of a root, each read once.</summary>
internal sealed class ObjectStore(RootWalk walk, ClosureFiles files, long maxBytes)
{
    private const long MaxTotalBytes = 8L << 30;
    private readonly Dictionary<string, (ElfFile? Elf, ElfDynamic? Dynamic, ElfError Error)> _read = new(StringComparer.Ordinal);
    private long _total;

    /// <summary>The first bytes of a file, without reading the rest: enough to see what it is.</summary>
    public ReadOnlySpan<byte> Start(RootLocation location) => walk.ReadStart(location, ElfHeader.Size);

    /// <summary>Reads a file.</summary>
    /// <returns><see cref="ElfError.None"/> with the file, and with its dynamic segment if it has one; else what is wrong.</returns>
    public (ElfFile? Elf, ElfDynamic? Dynamic, ElfError Error) Read(RootLocation location)
    {
        if (_read.TryGetValue(location.Path, out var known))
        {
            return known;
        }

        // All of them stay in memory until the closure is complete.
        _total += location.Entry.Size;
        if (_total > MaxTotalBytes)
        {
            throw new OciException(OciError.LimitExceeded, "programs and libraries have more than 8 GiB together", "Include fewer of them.");
        }

        var bytes = walk.Read(location, maxBytes);
        files.SetDigest(location.Path, bytes);
        ElfDynamic? dynamic = null;
        if (ElfFile.TryRead(bytes, out var elf, out var error) && !elf.TryReadDynamic(out dynamic, out error) && error is ElfError.NoDynamicSegment)
        {
            error = ElfError.None;
        }

        return _read[location.Path] = (elf, dynamic, error);
    }
}
