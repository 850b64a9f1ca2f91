using System.Globalization;
using Casemate.Node.Discovery;

namespace Casemate.Node.Machines;

/// <summary>
/// Device nodes described by lines, since ordinary users cannot make any: <c>char PATH MAJOR MINOR MODE GROUP</c> (also <c>block</c>),
/// <c>link PATH TARGET</c>, <c>dir PATH</c>, <c>file PATH</c>, <c>other PATH</c>. The mode is octal.
/// </summary>
public sealed class DescribedDevices : IDeviceDirectory
{
    private const int MostEntries = 10_000;
    private const uint MaxMajor = 0xFFF;                                   // MINORBITS is 20 of 32
    private const uint MaxMinor = 0xF_FFFF;

    private readonly Dictionary<string, DeviceEntry> _entries = [];

    private DescribedDevices()
    {
    }

    /// <inheritdoc/>
    public DeviceEntry? Look(string path) => _entries.GetValueOrDefault(path);

    /// <summary>Reads a description; empty lines and lines that start with <c>#</c> are skipped.</summary>
    /// <param name="text">The description.</param>
    /// <param name="devices">The nodes; null after an error.</param>
    /// <param name="error">What is wrong and in which line; empty after success.</param>
    public static bool TryRead(string text, out DescribedDevices? devices, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        var described = new DescribedDevices();
        devices = null;
        error = "";
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (Entry(words) is not { } entry || !IsPath(words[1]))
            {
                error = $"dev.txt, line {number}: not 'char /dev/NAME MAJOR MINOR MODE GROUP', 'link /dev/NAME TARGET' or 'dir /dev/NAME'";
                return false;
            }

            if (described._entries.Count == MostEntries || !described._entries.TryAdd(words[1], entry))
            {
                error = $"dev.txt, line {number}: '{words[1]}' was there before, or there are more than {MostEntries} entries";
                return false;
            }
        }

        devices = described;
        return true;
    }

    private static DeviceEntry? Entry(string[] words) => words switch
    {
        ["char", _, var major, var minor, var mode, var group] => Device(DeviceEntryType.Character, major, minor, mode, group),
        ["block", _, var major, var minor, var mode, var group] => Device(DeviceEntryType.Block, major, minor, mode, group),
        ["link", _, var target] => new DeviceEntry(DeviceEntryType.Link, LinkTarget: target),
        ["dir", _] => new DeviceEntry(DeviceEntryType.Directory),
        ["file", _] => new DeviceEntry(DeviceEntryType.File),
        ["other", _] => new DeviceEntry(DeviceEntryType.Other),
        _ => null,
    };

    private static DeviceEntry? Device(DeviceEntryType type, string major, string minor, string mode, string group) =>
        uint.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var majorNumber) && majorNumber <= MaxMajor
        && uint.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var minorNumber) && minorNumber <= MaxMinor
        && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var gid)
        && TryOctal(mode, out var permissions)
            ? new DeviceEntry(type, majorNumber, minorNumber, permissions, gid)
            : null;

    private static bool TryOctal(string text, out int value)
    {
        value = 0;
        if (text.Length is 0 or > 4 || text.Any(c => c is < '0' or > '7'))
        {
            return false;
        }

        value = text.Aggregate(0, (sum, c) => (sum << 3) | (c - '0'));
        return true;
    }

    private static bool IsPath(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && path.Length <= 4096
        && path.Split('/').Skip(1).All(name => name.Length > 0 && name is not ("." or ".."));
}
