namespace Casemate.Oci.Registry;

/// <summary>Finds the next page of a list. Source: RFC 8288; OCI Distribution Specification 1.1, "Listing Tags".</summary>
internal static class LinkHeader
{
    private const int MaxLength = 16 * 1024;

    /// <summary>The address in <c>&lt;address&gt;; rel="next"</c>, relative or absolute; null where there is none.</summary>
    public static string? Next(IEnumerable<string> headers)
    {
        foreach (var header in headers)
        {
            var open = header.IndexOf('<');
            var close = header.IndexOf('>', Math.Max(open, 0));
            if (header.Length > MaxLength || open < 0 || close < open)
            {
                continue;
            }

            var parameters = header[(close + 1)..].Split(';', StringSplitOptions.TrimEntries);
            if (parameters.Any(p => p.Replace("\"", "", StringComparison.Ordinal).Equals("rel=next", StringComparison.OrdinalIgnoreCase)))
            {
                return header[(open + 1)..close];
            }
        }

        return null;
    }
}
