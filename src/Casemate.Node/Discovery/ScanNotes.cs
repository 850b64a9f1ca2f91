using System.Globalization;
using System.Text;

namespace Casemate.Node.Discovery;

/// <summary>One scan under way: what is looked at, and what was found odd so far.</summary>
internal sealed class ScanNotes(NodeSources sources)
{
    private const int NumberLimit = 64;

    private readonly List<Finding> _findings = [];

    public NodeSources Sources => sources;

    public ValueList<Finding> Findings => [.. _findings];

    public void Error(FindingId id, string message, string remedy) => Add(id, FindingSeverity.Error, message, remedy);

    public void Warn(FindingId id, string message, string remedy) => Add(id, FindingSeverity.Warning, message, remedy);

    public void Note(FindingId id, string message, string remedy) => Add(id, FindingSeverity.Note, message, remedy);

    /// <summary>Reads a file; one that is there but cannot be read is a finding.</summary>
    /// <returns>False when there is nothing to read.</returns>
    public bool TryRead(string path, int limit, out SystemFile file)
    {
        file = sources.Files.Read(path, limit);
        if (file.State is SystemFileState.Unreadable)
        {
            Warn(FindingId.Unreadable, $"{path} cannot be read: {file.Problem}.",
                "Let the agent read it; without it the node is known less well.");
        }

        return file.State is SystemFileState.Read;
    }

    /// <summary>Reads one decimal number, at most the given.</summary>
    /// <returns>False when there is none; a file that holds something else is a finding.</returns>
    public bool TryReadNumber(string path, long highest, out long value)
    {
        value = 0;
        if (!TryRead(path, NumberLimit, out var file))
        {
            return false;
        }

        if (!file.Cut && TryNumber(file.Content.Span, highest, out value))
        {
            return true;
        }

        Warn(
            FindingId.ImplausibleValue, $"{path} holds {Shown(file)}, not a number from 0 to "
                + $"{highest.ToString(CultureInfo.InvariantCulture)}; it is not counted.",
            "Look at the file and the kernel's log; the value is not used until it makes sense.");
        return false;
    }

    /// <summary>Reads a switch of a module: <c>Y</c>, <c>N</c>, <c>1</c> or <c>0</c>.</summary>
    /// <returns>Null when the module or its switch is not there, or it holds something else (a finding).</returns>
    public bool? ReadSwitch(string path)
    {
        if (!TryRead(path, NumberLimit, out var file))
        {
            return null;
        }

        switch (file.Content.Span.Trim(" \t\r\n"u8))
        {
            case [(byte)'Y' or (byte)'y' or (byte)'1']:
                return true;
            case [(byte)'N' or (byte)'n' or (byte)'0']:
                return false;
            default:
                Warn(FindingId.ImplausibleValue, $"{path} holds {Shown(file)}, not Y or N; it is not believed.",
                    "Look at the module's parameters.");
                return null;
        }
    }

    /// <summary>Finds a character device; anything else at the path is a finding.</summary>
    /// <param name="path">The path under <c>/dev</c>.</param>
    /// <param name="mayBeDirectory">True where a directory of that name is usual.</param>
    public DeviceNode? FindNode(string path, bool mayBeDirectory = false)
    {
        var found = DeviceLookup.Resolve(sources.Devices, path);
        if (found.Outcome is DeviceLookupOutcome.BrokenLink)
        {
            Warn(
                FindingId.BrokenDeviceLink, $"{path} does not lead to a device: its link ends at {found.RealPath}, which is not "
                    + "there, outside of /dev, or a circle.",
                "Remove the link, or let udev make it again (udevadm trigger).");
        }

        var node = found.AsNode(path);
        if (node is null && found.Entry is { } entry && !(mayBeDirectory && entry.Type is DeviceEntryType.Directory))
        {
            Error(
                FindingId.NotACharacterDevice, $"{path} is {Name(entry.Type)}, not a character device; no container is given it.",
                "Remove it and load the driver again; a mount of a missing path makes such directories.");
        }

        return node;
    }

    private void Add(FindingId id, FindingSeverity severity, string message, string remedy)
    {
        var finding = new Finding(id, severity, message, remedy);
        if (!_findings.Contains(finding))
        {
            _findings.Add(finding);
        }
    }

    /// <summary>A non-negative decimal number, nothing but white space around it.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, long highest, out long value)
    {
        var digits = text.Trim(" \t\r\n"u8);
        value = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= highest;
    }

    /// <summary>The content of a file as one may print it: quoted, short, without control characters.</summary>
    public static string Shown(SystemFile file) => Shown(file.Content.Span);

    /// <summary>Bytes as one may print them: quoted, short, without control characters.</summary>
    public static string Shown(ReadOnlySpan<byte> bytes)
    {
        const int longest = 32;
        var content = bytes.Trim(" \t\r\n"u8);
        if (content.IsEmpty)
        {
            return "nothing";
        }

        var text = new StringBuilder("'");
        foreach (var b in content[..Math.Min(content.Length, longest)])
        {
            text.Append(b is >= 0x20 and < 0x7F and not (byte)'\'' ? (char)b : '?');
        }

        return text.Append(content.Length > longest ? "…'" : "'").ToString();
    }

    private static string Name(DeviceEntryType type) => type switch
    {
        DeviceEntryType.Block => "a block device",
        DeviceEntryType.Directory => "a directory",
        DeviceEntryType.File => "an ordinary file",
        DeviceEntryType.Link => "a link",
        DeviceEntryType.Other or DeviceEntryType.Character => "a socket or a pipe",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
