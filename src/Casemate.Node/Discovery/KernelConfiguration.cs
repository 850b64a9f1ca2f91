using System.IO.Compression;
using System.Text;

namespace Casemate.Node.Discovery;

/// <summary>How the running kernel was built: <c>/proc/config.gz</c>, else <c>/boot/config-RELEASE</c>.</summary>
internal static class KernelConfiguration
{
    private const int PackedLimit = 512 * 1024;
    private const int Limit = 2 * 1024 * 1024;

    /// <summary>Whether it was built with CONFIG_X86_SGX; null when nothing tells.</summary>
    public static bool? HasSgx(ScanNotes look)
    {
        var text = ReadPacked(look) ?? ReadPlain(look);
        if (text is null || !text.Contains("CONFIG_X86=y", StringComparison.Ordinal))
        {
            return null;
        }

        return text.Split('\n').Any(line => line.TrimEnd() == "CONFIG_X86_SGX=y");
    }

    private static string? ReadPacked(ScanNotes look)
    {
        const string path = "/proc/config.gz";
        if (!look.TryRead(path, PackedLimit, out var file) || file.Cut)
        {
            return null;
        }

        try
        {
            using var unpacked = new GZipStream(new MemoryStream(file.Content.ToArray()), CompressionMode.Decompress);
            var buffer = new byte[Limit];
            return Encoding.Latin1.GetString(buffer, 0, unpacked.ReadAtLeast(buffer, Limit, throwOnEndOfStream: false));
        }
        catch (InvalidDataException)
        {
            look.Warn(FindingId.ImplausibleValue, $"{path} is not packed by gzip; it is not read.", "Look at the file.");
            return null;
        }
    }

    private static string? ReadPlain(ScanNotes look)
    {
        if (!look.TryRead("/proc/sys/kernel/osrelease", 128, out var file))
        {
            return null;
        }

        var release = Encoding.Latin1.GetString(file.Content.Span).Trim();
        if (release.Length is 0 or > 64 || release.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or '+' or '~')))
        {
            return null;
        }

        return look.TryRead($"/boot/config-{release}", Limit, out var config) ? Encoding.Latin1.GetString(config.Content.Span) : null;
    }
}
