using System.Text;

namespace Casemate.KataPolicy;

/// <summary>
/// Puts the patterns of variables that a host may add into words: what is the host's choice stands in angle brackets, what may be missing in
/// square ones.
/// </summary>
internal static class VariableWords
{
    private const string Service = "<NAME>_";
    private const string ServicePorts = Service + "PORT_";

    // What the built-in profiles and genpolicy's settings write; a part that begins with another stands before it.
    private static readonly (string Pattern, string Words)[] s_parts =
    [
        ("(tcp|udp|sctp)://$(ipv4_a):$(ip_p)", "<address>"), ("tcp://$(ipv4_a):$(ip_p)", "<address>"),
        ("$(svc_name_downward_env)", "<NAME>"), ("$(dns_label)", "<name>"), ("(_[A-Z0-9_]+)?", "[_<NAME>]"), ("(TCP|UDP|SCTP)", "<protocol>"),
        ("(tcp|udp|sctp)", "<protocol>"), ("[A-Fa-f0-9-]*", "<hex digits>"), ("$(svc_name)", "<NAME>"), ("[0-9]{1,10}", "<number>"),
        ("$(ipv4_a)", "<address>"), ("$(ip_p)", "<port>"), ("[0-9]*", "<number>"), ("[0-9]+", "<number>"), (".*", "<anything>"),
        (".+", "<anything>"),
    ];

    /// <summary>All patterns in one sentence without an end; empty where there are none.</summary>
    internal static string Of(IReadOnlyList<string> patterns, CommonPolicy common)
    {
        var (words, services) = (new List<string>(), new List<string>());
        foreach (var pattern in patterns)
        {
            var one = Of(pattern, common);
            if (one is not null && one.StartsWith(Service, StringComparison.Ordinal) && ServiceName(one) is { } name)
            {
                services.Add(name);
            }
            else
            {
                words.Add(one ?? $"what matches '{Expanded(pattern, common)}'");
            }
        }

        if (services.Count > 0)
        {
            words.Insert(0, $"any address and port as {string.Join(", ", services.Distinct().Order(StringComparer.Ordinal))}");
        }

        return string.Join("; ", words.Distinct());
    }

    /// <summary>One pattern as <c>NAME=words</c>; null where not every part of it is known: half a translation would say something else.</summary>
    private static string? Of(string pattern, CommonPolicy common)
    {
        var usual = new CommonPolicy();
        var rest = Unanchored(pattern).AsSpan();
        var words = new StringBuilder();
        while (rest.Length > 0)
        {
            var taken = 0;
            foreach (var (part, shown) in s_parts)
            {
                if (rest.StartsWith(part) && Expanded(part, common) == Expanded(part, usual))
                {
                    words.Append(shown);
                    taken = part.Length;
                    break;
                }
            }

            if (taken == 0)
            {
                var isEscaped = rest[0] == '\\' && rest.Length > 1 && char.IsAscii(rest[1])
                    && (char.IsPunctuation(rest[1]) || char.IsSymbol(rest[1]));
                var c = isEscaped ? rest[1] : rest[0];
                if (c is '<' or '>' || (!isEscaped && @"\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal)))
                {
                    return null;
                }

                words.Append(c);
                taken = isEscaped ? 2 : 1;
            }

            rest = rest[taken..];
        }

        var text = words.ToString();
        return text.IndexOf('=', StringComparison.Ordinal) > 0 ? text : null;
    }

    // The rules anchor every pattern themselves.
    private static string Unanchored(string pattern)
    {
        var from = pattern.StartsWith('^') ? 1 : 0;
        var end = pattern.Length;
        if (end > from && pattern[^1] == '$')
        {
            var slashes = 0;
            while (end - 2 - slashes >= from && pattern[end - 2 - slashes] == '\\')
            {
                slashes++;
            }

            end -= slashes % 2 == 0 ? 1 : 0;
        }

        return pattern[from..end];
    }

    // Only what the kubelet sets of a service goes without its value's own words.
    private static string? ServiceName(string words)
    {
        var at = words.IndexOf('=', StringComparison.Ordinal);
        return words[(at + 1)..] is not ("<address>" or "<port>" or "<protocol>" or "tcp" or "udp" or "sctp") ? null
            : words.StartsWith(ServicePorts, StringComparison.Ordinal) ? ServicePorts + "…"
            : words[..at];
    }

    private static string Expanded(string pattern, CommonPolicy common) => pattern
        .Replace("$(ipv4_a)", common.Ipv4Address, StringComparison.Ordinal)
        .Replace("$(ip_p)", common.PortNumber, StringComparison.Ordinal)
        .Replace("$(svc_name_downward_env)", common.ServiceNameDownwardEnv, StringComparison.Ordinal)
        .Replace("$(svc_name)", common.ServiceNameDownwardEnv, StringComparison.Ordinal)
        .Replace("$(dns_label)", common.DnsLabel, StringComparison.Ordinal);
}
