namespace Casemate.Oci.Registry;

/// <summary>Where credentials for registries come from.</summary>
public interface IRegistryCredentials
{
    /// <summary>Finds the credential for a repository.</summary>
    /// <param name="registry">The registry as references name it, such as <c>docker.io</c> or <c>registry.example:5000</c>.</param>
    /// <param name="repository">The repository, such as <c>library/debian</c>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The credential; null when there is none, so that the registry is asked as nobody in particular.</returns>
    /// <exception cref="OciException">The place where they are kept cannot be read; the message holds no credential.</exception>
    ValueTask<RegistryCredential?> FindAsync(string registry, string repository, CancellationToken cancel);
}
