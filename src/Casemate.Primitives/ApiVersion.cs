namespace Casemate.Primitives;

/// <summary>
/// The value of <c>apiVersion</c> in every JSON and YAML document that Casemate writes or reads. Within one version, members are
/// added but none is removed, renamed or given another meaning.
/// </summary>
public static class ApiVersion
{
    /// <summary>The first version.</summary>
    public const string V1 = "casemate/v1";
}
