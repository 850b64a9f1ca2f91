using System.Text.Json;
using System.Text.Unicode;

namespace Casemate.Collateral.Qcnl;

/// <summary>
/// Reads and judges <c>sgx_default_qcnl.conf</c>: JSON with comments, keys case-sensitive. As tolerant as the library, and as strict as
/// an operator would want to have been told.
/// </summary>
public static class QcnlFile
{
    /// <summary>Where the library looks.</summary>
    public const string DefaultPath = "/etc/sgx_default_qcnl.conf";

    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaximumBytes = 64 * 1024;

    /// <summary>The most findings that are told.</summary>
    internal const int MaximumFindings = 100;

    /// <summary>Reads a file's content. Never throws, whatever the content.</summary>
    /// <param name="content">UTF-8 text, with or without a byte order mark.</param>
    public static QcnlReading Read(ReadOnlySpan<byte> content)
    {
        var findings = new List<QcnlFinding>();
        var configuration = Read(content, findings);
        return new QcnlReading(configuration, [.. findings.OrderBy(finding => finding.Line).Take(MaximumFindings)]);
    }

    private static QcnlConfiguration? Read(ReadOnlySpan<byte> content, List<QcnlFinding> findings)
    {
        if (content.Length > MaximumBytes)
        {
            findings.Add(new(0, true, "", $"the file is larger than {MaximumBytes / 1024} KiB: it is no configuration of this library"));
            return null;
        }

        var text = content.StartsWith("\uFEFF"u8) ? content[3..] : content;
        if (!Utf8.IsValid(text))
        {
            findings.Add(new(0, true, "", "the file is not UTF-8 text"));
            return null;
        }

        var firstLine = text[..(text.IndexOf((byte)'\n') is var end and >= 0 ? end : text.Length)];
        if (!text.TrimStart(" \t\r\n"u8).StartsWith("{"u8) && (text.IndexOf("PCCS_URL"u8) >= 0 || firstLine.StartsWith("#"u8)))
        {
            findings.Add(
                new(1, true, "",
                    "this is the KEY=VALUE form of DCAP before 1.13: "
                        + "write JSON, such as {\"pccs_url\": \"https://HOST:8081/sgx/certification/v4/\"}"));
            return null;
        }

        try
        {
            var reader = new QcnlFileReader(text, findings);
            var configuration = reader.Read();
            if (configuration is not null)
            {
                QcnlLint.Judge(configuration, reader.Lines, findings);
            }

            return configuration;
        }
        catch (JsonException exception)
        {
            findings.Add(new(
                (int)(exception.LineNumber ?? 0) + 1, true, "",
                "the file is not JSON here (comments start with //): the library would ignore all of it and use its defaults"));
            return null;
        }
        catch (InvalidOperationException)
        {
            findings.Add(new(0, true, "", "a string of the file holds half of a surrogate pair"));
            return null;
        }
    }
}
