namespace Casemate.Collateral.Upstream;

/// <summary>A response with status 200, read to its end.</summary>
/// <param name="Body">At most as many bytes as were allowed.</param>
/// <param name="Headers">All headers; the first value of each, names in any case.</param>
/// <param name="Source">The address, without the query.</param>
internal sealed record UpstreamResponse(byte[] Body, IReadOnlyDictionary<string, string> Headers, string Source)
{
    /// <summary>The value of a header; empty when it is not there.</summary>
    public string Header(string name) => Headers.GetValueOrDefault(name, "");
}
