namespace Casemate.Testing.Registry;

/// <summary>What a registry asks its users for.</summary>
public enum TestRegistryAuth
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>A user name and a password with each request.</summary>
    Basic,
    /// <summary>A token of its token service.</summary>
    Token,
}
