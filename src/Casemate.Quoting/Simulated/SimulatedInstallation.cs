using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Primitives.Files;
using Casemate.Simulator;

namespace Casemate.Quoting.Simulated;

/// <summary>
/// The one simulated platform of a user, kept in a directory: made when it is first needed, the same ever after. Its keys are in
/// <c>simulator.state</c> (readable by the owner alone), its root certificates, for whoever wants to accept its evidence, in
/// <c>simulator-roots.pem</c>.
/// </summary>
public sealed class SimulatedInstallation
{
    private const string StateName = "simulator.state";
    private const string RootsName = "simulator-roots.pem";
    private const string LockName = "simulator.lock";
    private const int MaximumStateSize = 1024 * 1024;
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(20);

    private SimulatedInstallation(string directory, SimulatedPlatform platform, bool isNew)
    {
        Directory = directory;
        Platform = platform;
        IsNew = isNew;
    }

    /// <summary>The directory that the platform lives in.</summary>
    public string Directory { get; }

    /// <summary>The platform.</summary>
    public SimulatedPlatform Platform { get; }

    /// <summary>True when this call made the platform.</summary>
    public bool IsNew { get; }

    /// <summary>PEM file with the root certificates of the platform; what is not generated yet is not in it.</summary>
    public string RootsPath => Path.Combine(Directory, RootsName);

    /// <summary>
    /// The directory to use when none is named: <c>CASEMATE_STATE_DIR</c>, else <c>$XDG_STATE_HOME/casemate</c>, else
    /// <c>~/.local/state/casemate</c>.
    /// </summary>
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <exception cref="SimulatedInstallationException">None of the three is set.</exception>
    public static string DefaultDirectory(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment("CASEMATE_STATE_DIR") is { Length: > 0 } named)
        {
            return Path.GetFullPath(named);
        }

        // XDG Base Directory Specification: a relative path is to be ignored.
        if (environment("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathFullyQualified(state))
        {
            return Path.Combine(state, "casemate");
        }

        return environment("HOME") is { Length: > 0 } home
            ? Path.Combine(Path.GetFullPath(home), ".local", "state", "casemate")
            : throw new SimulatedInstallationException(
                "There is no home directory to keep the simulated platform in.", "Name a directory with --dir or CASEMATE_STATE_DIR.");
    }

    /// <summary>True when a directory holds a platform already, so that opening it makes none.</summary>
    /// <param name="directory">The directory.</param>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, StateName));

    /// <summary>
    /// Opens the platform in a directory, making whatever is missing. Processes that do so at once end with one platform.
    /// </summary>
    /// <param name="directory">The directory; made if need be.</param>
    /// <param name="products">SEV-SNP product lines whose keys will be used. Making the keys of one takes seconds, once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the wait for another process.</param>
    /// <exception cref="SimulatedInstallationException">The stored state is damaged, or another process keeps it locked.</exception>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public static async Task<SimulatedInstallation> OpenAsync(
        string directory, IReadOnlyCollection<SnpProduct> products, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(products);
        ArgumentNullException.ThrowIfNull(time);
        directory = Path.GetFullPath(directory);
        CreatePrivateDirectory(directory);

        // The usual case needs no lock: the state is replaced as a whole, and never to take something out.
        if (TryRead(directory) is { } stored && IsComplete(directory, stored, products))
        {
            return new SimulatedInstallation(directory, stored, isNew: false);
        }

        using var held = await LockAsync(Path.Combine(directory, LockName), time, cancellationToken);
        AtomicFile.RemoveLeftovers(directory);
        var existing = TryRead(directory);
        var platform = existing ?? SimulatedPlatform.Create(time.GetUtcNow());
        if (existing is null || !IsComplete(directory, existing, products))
        {
            foreach (var product in products)
            {
                _ = platform.Snp(product);
            }

            AtomicFile.Write(Path.Combine(directory, StateName), platform.Export());
            AtomicFile.Write(
                Path.Combine(directory, RootsName), RootsPem(platform),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        return new SimulatedInstallation(directory, platform, existing is null);
    }

    // Absent and damaged are different: an absent state is made, a damaged one is never replaced by itself.
    private static SimulatedPlatform? TryRead(string directory)
    {
        var path = Path.Combine(directory, StateName);
        byte[] state;
        try
        {
            var length = new FileInfo(path).Length;
            state = length <= MaximumStateSize
                ? File.ReadAllBytes(path)
                : throw Damaged(path, $"it has {length} bytes, a state has at most {MaximumStateSize}", null);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        try
        {
            return SimulatedPlatform.Import(state);
        }
        catch (FormatException exception)
        {
            throw Damaged(path, exception.Message, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(state);
        }
    }

    private static SimulatedInstallationException Damaged(string path, string problem, Exception? cause) => new(
        $"The simulated platform in {path} cannot be used: {problem.TrimEnd('.')}",
        $"Put the file back from a copy, or move it away (mv {path} {path}.damaged): the next start makes a new platform, "
        + "which whoever accepted the old one's roots must be told to accept.",
        cause);

    private static bool IsComplete(string directory, SimulatedPlatform platform, IReadOnlyCollection<SnpProduct> products)
    {
        var roots = platform.Allow(TrustRoots.None).All;
        return products.All(product => roots.Any(root => root.Product == product)) && File.Exists(Path.Combine(directory, RootsName));
    }

    private static byte[] RootsPem(SimulatedPlatform platform)
    {
        var pem = new StringBuilder();
        foreach (var root in platform.Allow(TrustRoots.None).All)
        {
            var name = root.Product is { } product
                ? $"ARK of the simulated {product} machine"
                : "Root of the simulated SGX and TDX machine";
            pem.Append($"# {name}. SIMULATED: proves nothing.\n")
                .Append(PemEncoding.WriteString("CERTIFICATE", root.Der.Span)).Append('\n');
        }

        return Encoding.ASCII.GetBytes(pem.ToString());
    }

    private static void CreatePrivateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(directory);
        }
        else
        {
            System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static async Task<FileLock> LockAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            if (FileLock.TryAcquire(path) is { } held)
            {
                return held;
            }

            if (time.GetElapsedTime(start) > LockPatience)
            {
                throw new SimulatedInstallationException(
                    $"Another process has kept {path} locked for {LockPatience.TotalSeconds:0} s.",
                    "End that process (fuser shows it), then start again.");
            }

            await Task.Delay(LockInterval, time, cancellationToken);
        }
    }
}
