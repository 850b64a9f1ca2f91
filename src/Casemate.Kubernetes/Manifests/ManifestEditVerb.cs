namespace Casemate.Kubernetes;

/// <summary>What an edit does at its place.</summary>
public enum ManifestEditVerb
{
    /// <summary>Gives a member that is there another value.</summary>
    Set = 0,

    /// <summary>Gives a member another name; its value stays as it is written.</summary>
    Rename,

    /// <summary>Takes a member or an item away.</summary>
    Remove,
}
