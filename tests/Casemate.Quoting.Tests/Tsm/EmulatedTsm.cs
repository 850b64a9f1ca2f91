using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Tsm;

namespace Casemate.Quoting.Tests.Tsm;

/// <summary>
/// configfs-tsm as Linux has it: directories with attributes, a generation that counts writes, a report that is made when it is read.
/// Faults are put in by name of the step, such as <c>read outblob</c>; each is met once.
/// </summary>
internal sealed class EmulatedTsm(string provider, Func<byte[], byte[]> report) : ITsmTree
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new();
    private readonly Dictionary<string, Queue<Func<string, int>>> _faults = [];
    private readonly Lock _lock = new();

    /// <summary>Directories that are there.</summary>
    public IReadOnlyCollection<string> Names => [.. _entries.Keys];

    /// <summary>How many directories were made in all.</summary>
    public int Made { get; private set; }

    /// <summary>Attributes written, in order.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    /// <summary>The lowest VMPL that may be asked for.</summary>
    public int PrivilegeFloor { get; init; }

    /// <summary>The certificate table; null: the kernel has no such attribute.</summary>
    public byte[]? AuxBlob { get; init; }

    /// <summary>The manifest; null: the kernel has no SVSM.</summary>
    public byte[]? Manifest { get; init; }

    /// <summary>The next time that a step is taken it fails with an error number.</summary>
    public EmulatedTsm Failing(string step, int error) => Meeting(step, _ => -error);

    /// <summary>The next time that a step is taken something happens first, to the directory whose name is given.</summary>
    public EmulatedTsm Meeting(string step, Func<string, int> fault)
    {
        if (!_faults.TryGetValue(step, out var queue))
        {
            _faults[step] = queue = new();
        }

        queue.Enqueue(fault);
        return this;
    }

    /// <summary>What another program does that writes to the same directory.</summary>
    public int Intrude(string name)
    {
        _entries[name].InBlob = new byte[64];
        _entries[name].Generation++;
        return 0;
    }

    /// <summary>A write that the kernel dropped.</summary>
    public int Forget(string name)
    {
        _entries[name].Generation--;
        return 0;
    }

    /// <summary>A directory that another program made.</summary>
    public void Leave(string name, bool inUse) => _entries[name] = new Entry { InUse = inUse };

    public int List(out IReadOnlyList<string> names)
    {
        names = [.. _entries.Keys];
        return Step("list", string.Empty);
    }

    public int Make(string name, out IDisposable? hold)
    {
        hold = null;
        if (Step("make", name) is < 0 and var error)
        {
            return error;
        }

        Made++;
        return _entries.TryAdd(name, new Entry { InUse = true }) ? 0 : -ErrorNumber.Exists;
    }

    public int Remove(string name) => _entries.TryRemove(name, out _) ? 0 : -ErrorNumber.NoEntry;

    public int RemoveAbandoned(string name) =>
        _entries.TryGetValue(name, out var entry) && entry.InUse ? -ErrorNumber.TryAgain : Remove(name);

    public int Write(string name, string attribute, ReadOnlySpan<byte> value)
    {
        if (Step($"write {attribute}", name) is < 0 and var error)
        {
            return error;
        }

        Writes.Enqueue($"{attribute}={(attribute == "inblob" ? "…" : Encoding.ASCII.GetString(value))}");
        if (attribute == "inblob")
        {
            _entries[name].InBlob = value.ToArray();
        }

        _entries[name].Generation++;
        return 0;
    }

    public int Read(string name, string attribute, int limit, out byte[] value)
    {
        value = [];
        if (Step($"read {attribute}", name) is < 0 and var error)
        {
            return error;
        }

        var entry = _entries[name];
        var found = attribute switch
        {
            "provider" => Encoding.ASCII.GetBytes(provider + "\n"),
            "generation" => Line(entry.Generation),
            "privlevel_floor" => Line(PrivilegeFloor),
            "outblob" => report(entry.InBlob),
            "auxblob" => AuxBlob,
            "manifestblob" => Manifest,
            _ => null,
        };
        value = found ?? [];
        return found is null ? -ErrorNumber.NoEntry : found.Length > limit ? -ErrorNumber.FileTooLarge : 0;
    }

    private static byte[] Line(IFormattable value) => Encoding.ASCII.GetBytes(value.ToString(null, CultureInfo.InvariantCulture) + "\n");

    private int Step(string step, string name)
    {
        lock (_lock)
        {
            return _faults.TryGetValue(step, out var queue) && queue.TryDequeue(out var fault) ? fault(name) : 0;
        }
    }

    private sealed class Entry
    {
        public bool InUse { get; init; }

        public long Generation { get; set; }

        public byte[] InBlob { get; set; } = [];
    }
}
