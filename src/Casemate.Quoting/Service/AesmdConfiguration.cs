using System.Collections.Immutable;
using System.Text;

namespace Casemate.Quoting.Service;

/// <summary>
/// What is read from an <c>aesmd.conf</c> that was written for Intel's service: <c>default quoting type</c> and <c>qpl log level</c>.
/// Every other setting is for EPID or the network, means nothing here, and is listed as a warning.
/// </summary>
public sealed record AesmdConfiguration
{
    /// <summary>Bytes that a file may have.</summary>
    public const int MaximumSize = 64 * 1024;

    private const int MaximumWarnings = 100;
    private const int MaximumQuoted = 80;

    /// <summary>The preferred kind of quote, such as <c>ecdsa_256</c>; null: the service's own choice.</summary>
    public string? DefaultQuotingType { get; init; }

    /// <summary>How much the quote provider library logs: <c>error</c> or <c>info</c>; null: its default.</summary>
    public string? QplLogLevel { get; init; }

    /// <summary>What was not used, with its line and what to do about it; at most a hundred.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Reads a configuration. Whatever it holds, there is an answer: what cannot be used becomes a warning.</summary>
    /// <param name="content">The file's bytes; what is beyond <see cref="MaximumSize"/> is not read.</param>
    public static AesmdConfiguration Read(ReadOnlySpan<byte> content)
    {
        var warnings = new List<string>();
        if (content.Length > MaximumSize)
        {
            warnings.Add($"the file has {content.Length} bytes; only the first {MaximumSize} are read");
            content = content[..MaximumSize];
        }

        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var raw in Encoding.UTF8.GetString(content).Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                ReadLine(line, number, settings, warnings);
            }
        }

        return new AesmdConfiguration
        {
            DefaultQuotingType = settings.GetValueOrDefault("default quoting type"),
            QplLogLevel = settings.GetValueOrDefault("qpl log level"),
            Warnings = [.. warnings.Take(MaximumWarnings)],
        };
    }

    private static void ReadLine(string line, int number, Dictionary<string, string> settings, List<string> warnings)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var key = (equals < 0 ? line : line[..equals]).Trim().ToLowerInvariant();
        var value = equals < 0 ? "" : line[(equals + 1)..].Trim();
        IReadOnlyList<string>? known = key switch
        {
            "default quoting type" => ["ecdsa_256", "epid_linkable", "epid_unlinkable"],
            "qpl log level" => ["error", "info"],
            _ => null,
        };
        if (equals < 0)
        {
            warnings.Add($"line {number}: '{Shortened(line)}' is not NAME = VALUE; it is ignored");
        }
        else if (known is null)
        {
            warnings.Add($"line {number}: '{Shortened(key)}' means nothing to this service; remove it");
        }
        else if (!known.Contains(value, StringComparer.Ordinal))
        {
            warnings.Add($"line {number}: '{key}' is '{Shortened(value)}'; use {string.Join(", ", known)}");
        }
        else if (value.StartsWith("epid", StringComparison.Ordinal))
        {
            warnings.Add($"line {number}: EPID is gone; use ecdsa_256");
        }
        else if (!settings.TryAdd(key, value))
        {
            warnings.Add($"line {number}: '{key}' is set before; the first setting is used");
        }
    }

    // Control characters of a file must not reach a terminal by way of a warning.
    private static string Shortened(string text) => string.Concat(
        text.Take(MaximumQuoted).Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > MaximumQuoted ? "..." : "");
}
