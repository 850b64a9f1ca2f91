namespace Casemate.Cli.Verify;

/// <summary>What an advisory id means, for a person who reads a verdict.</summary>
/// <param name="Id">Such as <c>INTEL-SA-00615</c>.</param>
/// <param name="Meaning">What can go wrong, in a few words; empty for an id that is not in our table.</param>
/// <param name="Action">What to do; empty for an id that is not in our table.</param>
internal sealed record Advisory(string Id, string Meaning, string Action)
{
    /// <summary>Intel's own page.</summary>
    public string Link => $"https://www.intel.com/content/www/us/en/security-center/advisory/{Id.ToLowerInvariant()}.html";

    /// <summary>Finds what is known of an id; an unknown one has its link only.</summary>
    public static Advisory Find(string id) => AdvisoryTable.ById.TryGetValue(id, out var known) ? known : new Advisory(id, "", "");
}
