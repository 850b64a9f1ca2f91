using System.Text;

namespace Casemate.Node.Discovery;

/// <summary>The flags of the first processor in <c>/proc/cpuinfo</c>: what the kernel left switched on.</summary>
internal static class CpuFlags
{
    private const int Limit = 16 * 1024;

    /// <summary>Whether the flag is there; null when the file does not tell.</summary>
    public static bool? Has(ScanNotes look, string flag)
    {
        if (!look.TryRead("/proc/cpuinfo", Limit, out var file))
        {
            return null;
        }

        foreach (var line in Encoding.Latin1.GetString(file.Content.Span).Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual("flags"))
            {
                return line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(flag);
            }
        }

        return null;
    }
}
