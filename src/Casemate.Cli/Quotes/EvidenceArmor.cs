using System.Text;

namespace Casemate.Cli.Quotes;

/// <summary>
/// Evidence as one block of short lines that can be found again in the log of a container, among whatever else was written there:
/// <c>-----BEGIN CASEMATE EVIDENCE MARK-----</c>, base64, <c>-----END CASEMATE EVIDENCE MARK-----</c>. The mark is the beginning of the
/// report data in hex, so that the block of another question is not taken for the answer to this one.
/// </summary>
internal static class EvidenceArmor
{
    /// <summary>The largest bundle that is taken out of a log, in bytes.</summary>
    public const int MaximumSize = 1 << 20;

    private const int LineLength = 76;
    private const int MarkBytes = 16;

    /// <summary>The block of a bundle.</summary>
    /// <param name="bundle">The bundle's bytes.</param>
    /// <param name="reportData">The 64 bytes that it was asked for with.</param>
    public static string Write(ReadOnlySpan<byte> bundle, ReadOnlySpan<byte> reportData)
    {
        var text = Convert.ToBase64String(bundle);
        var block = new StringBuilder(text.Length + (text.Length / LineLength) + 128);
        block.Append(Begin(reportData)).Append('\n');
        for (var start = 0; start < text.Length; start += LineLength)
        {
            block.Append(text, start, Math.Min(LineLength, text.Length - start)).Append('\n');
        }

        return block.Append(End(reportData)).Append('\n').ToString();
    }

    /// <summary>Takes the bundle out of a log. Never throws on bad input.</summary>
    /// <param name="lines">The log; nothing in it is trusted.</param>
    /// <param name="reportData">The 64 bytes that were asked for.</param>
    /// <param name="bundle">The bundle's bytes; empty when there is none.</param>
    /// <param name="problem">What is wrong; empty when nothing is.</param>
    public static bool TryRead(IEnumerable<string> lines, ReadOnlySpan<byte> reportData, out byte[] bundle, out string problem)
    {
        bundle = [];
        var (begin, end) = (Begin(reportData), End(reportData));
        var text = new StringBuilder();
        var (isInside, isOver) = (false, false);
        foreach (var line in lines)
        {
            if (line == begin)
            {
                if (isInside || isOver)
                {
                    problem = "the mark of its beginning stands there twice";
                    return false;
                }

                isInside = true;
            }
            else if (isInside && line == end)
            {
                (isInside, isOver) = (false, true);
            }
            else if (isInside)
            {
                if (line.Length is 0 or > LineLength || line.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '=')))
                {
                    problem = "a line inside of it is not base64";
                    return false;
                }

                text.Append(line);
                if (text.Length > MaximumSize / 3 * 4)
                {
                    problem = $"it is larger than {MaximumSize >> 20} MiB";
                    return false;
                }
            }
        }

        if (!isOver)
        {
            problem = isInside ? "it ends before its mark" : "the marks of this request are not there";
            return false;
        }

        var buffer = new byte[text.Length];
        if (!Convert.TryFromBase64String(text.ToString(), buffer, out var length) || length == 0)
        {
            problem = "it is not base64";
            return false;
        }

        (bundle, problem) = (buffer[..length], "");
        return true;
    }

    private static string Begin(ReadOnlySpan<byte> reportData) => $"-----BEGIN CASEMATE EVIDENCE {Mark(reportData)}-----";

    private static string End(ReadOnlySpan<byte> reportData) => $"-----END CASEMATE EVIDENCE {Mark(reportData)}-----";

    private static string Mark(ReadOnlySpan<byte> reportData) => Convert.ToHexStringLower(reportData[..MarkBytes]);
}
