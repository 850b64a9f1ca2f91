namespace Casemate.Oci.Registry;

/// <summary>
/// Credentials as Docker, Podman and their relatives keep them: files in JSON, and helper programs that such a file names. Files are read
/// anew for each registry that asks, so a new login is seen; helpers are run only for a registry that asks for credentials.
/// </summary>
/// <remarks>Sources: Docker's config.json; the docker-credential-helpers protocol; containers-auth.json(5).</remarks>
public sealed class DockerCredentials : IRegistryCredentials
{
    private readonly IReadOnlyList<string> _files;
    private readonly CredentialHelper _helper;

    /// <summary>Reads the files of the current user, as the environment names them.</summary>
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <param name="authFile">The only file to read; null: <see cref="FilesOf"/>. It must exist.</param>
    /// <param name="time">The clock, for how long a helper may take; null: the system's.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the named file does not exist.</exception>
    public DockerCredentials(Func<string, string?> environment, string? authFile = null, TimeProvider? time = null)
    {
        if (authFile is not null && !File.Exists(authFile))
        {
            throw new OciException(OciError.Storage, $"the file with credentials '{Quoted.Of(authFile)}' does not exist");
        }

        _files = authFile is null ? FilesOf(environment) : [authFile];
        _helper = new CredentialHelper(environment("PATH") ?? "", time ?? TimeProvider.System);
    }

    /// <summary>
    /// The files that are read, the first that knows a registry counts: <c>REGISTRY_AUTH_FILE</c> alone if it is set; else
    /// <c>$XDG_RUNTIME_DIR/containers/auth.json</c>, <c>$XDG_CONFIG_HOME/containers/auth.json</c> (by default in <c>~/.config</c>) and
    /// <c>$DOCKER_CONFIG/config.json</c> (by default in <c>~/.docker</c>).
    /// </summary>
    public static IReadOnlyList<string> FilesOf(Func<string, string?> environment)
    {
        if (Set("REGISTRY_AUTH_FILE") is { } only)
        {
            return [only];
        }

        var files = new List<string>();
        Add(Set("XDG_RUNTIME_DIR"), "containers/auth.json");
        Add(Set("XDG_CONFIG_HOME") ?? Below(Set("HOME"), ".config"), "containers/auth.json");
        Add(Set("DOCKER_CONFIG") ?? Below(Set("HOME"), ".docker"), "config.json");
        return files;

        string? Set(string name) => environment(name) is { Length: > 0 } value ? value : null;

        static string? Below(string? directory, string name) => directory is null ? null : Path.Combine(directory, name);

        void Add(string? directory, string name)
        {
            if (directory is not null)
            {
                files.Add(Path.Combine(directory, name));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RegistryCredential?> FindAsync(string registry, string repository, CancellationToken cancel)
    {
        foreach (var path in _files)
        {
            if (DockerCredentialFile.TryOpen(path) is not { } file)
            {
                continue;
            }

            var (helper, server) = file.HelperFor(registry);
            if (helper is not null)
            {
                if (await _helper.GetAsync(helper, server, cancel).ConfigureAwait(false) is { } helped)
                {
                    return helped;
                }
            }

            if (file.Find(registry, repository) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
