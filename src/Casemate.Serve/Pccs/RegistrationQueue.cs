using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Collateral.Pccs;
using Casemate.Primitives.Files;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Pccs;

/// <summary>
/// Machines that wait for their certificates, one small file each, so that nothing is lost whatever happens. A machine that registers
/// again replaces its file. Replicas may share the directory. Safe for concurrent use.
/// </summary>
internal sealed class RegistrationQueue : IDisposable
{
    private const string Waiting = "reg-";
    private const string NotAvailable = "na-";
    private const int MaximumFile = 160 * 1024;
    private const long MaximumTaken = 64L * 1024 * 1024;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory;
    private readonly int _limit;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _gate = new(1);                          // who changes files
    private readonly SemaphoreSlim _taking = new(1);                        // who hands machines on, which may take its time

    private RegistrationQueue(string directory, int limit, ILogger logger) => (_directory, _limit, _logger) = (directory, limit, logger);

    /// <summary>Opens a queue.</summary>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public static RegistrationQueue Open(string directory, int limit, ILogger logger)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        AtomicFile.RemoveLeftovers(directory);
        return new RegistrationQueue(directory, limit, logger);
    }

    /// <summary>How many machines wait, and how many have certificates for some of their TCBs only.</summary>
    public (int Waiting, int NotAvailable) Count() => (Files(Waiting).Count(), Files(NotAvailable).Count());

    /// <summary>Adds a machine, or replaces what it said before.</summary>
    /// <param name="registration">The machine.</param>
    /// <param name="notAvailable">It has certificates, but not for all TCBs.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>False when the queue is full.</returns>
    /// <exception cref="IOException">It cannot be written; what was there before is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public async ValueTask<bool> PutAsync(PlatformRegistration registration, bool notAvailable, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (path, other) = (PathOf(registration, notAvailable), PathOf(registration, !notAvailable));
            if (!File.Exists(path) && !File.Exists(other)
                && Directory.EnumerateFiles(_directory, "*.json").Take(_limit).Count() == _limit)
            {
                return false;
            }

            var json = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(json))
            {
                registration.Write(writer);
            }

            AtomicFile.Write(path, json.WrittenSpan, Private);
            AtomicFile.Delete(other);
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes a machine out: its certificates are here.</summary>
    /// <param name="registration">The machine.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    public async ValueTask RemoveAsync(PlatformRegistration registration, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            AtomicFile.Delete(PathOf(registration, notAvailable: false));
            AtomicFile.Delete(PathOf(registration, notAvailable: true));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Hands all machines of a state to a receiver, and takes them out once it has them. Nobody else takes the same ones meanwhile; a
    /// machine that registers meanwhile waits for the next time, and so does what exceeds 64 MiB; whoever fails to receive finds all again.
    /// </summary>
    /// <param name="notAvailable">Which state.</param>
    /// <param name="receive">Gets the machines in the order of their files; throws when it could not hand them on.</param>
    /// <param name="cancellationToken">Stops the wait for others who take.</param>
    public async ValueTask TakeAsync(
        bool notAvailable, Func<IReadOnlyList<PlatformRegistration>, Task> receive, CancellationToken cancellationToken)
    {
        await _taking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var taken = new List<(string Path, PlatformRegistration Registration)>();
            var size = 0L;
            foreach (var path in Files(notAvailable ? NotAvailable : Waiting).Order(StringComparer.Ordinal).Take(_limit))
            {
                if (Read(path) is { } registration)
                {
                    taken.Add((path, registration));
                    size += registration.PlatformManifest.Length + registration.EncryptedPpid.Length;
                    if (size > MaximumTaken)
                    {
                        break;                                              // the rest waits for the next time
                    }
                }
            }

            // Not behind the gate: a receiver that is slow must not keep machines from registering.
            await receive([.. taken.Select(item => item.Registration)]).ConfigureAwait(false);
            await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                foreach (var (path, registration) in taken)
                {
                    // Somebody may have put newer words there since: those wait.
                    if (File.Exists(path) && Read(path) == registration)
                    {
                        AtomicFile.Delete(path);
                    }
                }
            }
            finally
            {
                _gate.Release();
            }
        }
        finally
        {
            _taking.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        _taking.Dispose();
    }

    private PlatformRegistration? Read(string path)
    {
        var problem = "it is no regular file of the size of a registration";
        try
        {
            // Links are not followed, and what has no length may be a pipe, which would keep its reader waiting for ever.
            if (new FileInfo(path) is { LinkTarget: null, Length: > 0 and <= MaximumFile }
                && PlatformRegistration.TryRead(File.ReadAllBytes(path), out var registration, out problem))
            {
                return registration;
            }
        }
        catch (FileNotFoundException)
        {
            return null;                                                    // its certificates came meanwhile
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception.Message;
        }

        PccsLog.RegistrationDamaged(_logger, Path.GetFileName(path), problem);
        return null;
    }

    private IEnumerable<string> Files(string prefix) => Directory.EnumerateFiles(_directory, prefix + "*.json");

    // Named by a hash: a QE id is the machine's, and 260 characters are too many for a file name.
    private string PathOf(PlatformRegistration registration, bool notAvailable)
    {
        var name = SHA256.HashData(Encoding.ASCII.GetBytes($"{registration.QeId}-{registration.PceId}"));
        return Path.Combine(_directory, $"{(notAvailable ? NotAvailable : Waiting)}{Convert.ToHexStringLower(name)}.json");
    }
}
