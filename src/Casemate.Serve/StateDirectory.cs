namespace Casemate.Serve;

/// <summary>Where a service keeps what must survive a restart: one directory that its owner alone can enter.</summary>
public sealed class StateDirectory
{
    /// <summary>Names a directory; nothing is read or made.</summary>
    /// <param name="path">The directory.</param>
    public StateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>The sealed resources.</summary>
    public string Resources => At("resources");

    /// <summary>The keys that the resources are sealed with.</summary>
    public string ResourceKeys => At("resources.key");

    /// <summary>The key that signs tokens.</summary>
    public string TokenKey => At("token.key");

    /// <summary>The record of every decision.</summary>
    public string AuditLog => At("audit.jsonl");

    /// <summary>The administrator's bearer token.</summary>
    public string AdminToken => At("admin.token");

    /// <summary>The certificate that the service makes for itself.</summary>
    public string TlsCertificate => At("tls.crt");

    /// <summary>Its key.</summary>
    public string TlsKey => At("tls.key");

    /// <summary>Makes the directory, and what is above it, if it is not there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public void Create()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path);
        }
        else
        {
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private string At(string name) => System.IO.Path.Combine(Path, name);
}
