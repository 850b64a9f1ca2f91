using System.Collections.Immutable;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Primitives.Files;
using Casemate.Primitives.Tls;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Tls;

/// <summary>
/// The certificate that a service shows: the operator's, read again when its file changes, or one of the service's own, renewed
/// before it ends. Asked for at each handshake, so that a new one needs no restart. Safe for concurrent use.
/// </summary>
internal sealed class ServerCertificate : IDisposable
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewAhead = TimeSpan.FromDays(30);

    // RFC 3339 whatever the machine's language.
    private static string Instant(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(1);

    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly ImmutableArray<string> _ownNames;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private volatile Chain _chain;
    private long _nextCheck;

    private ServerCertificate(
        string certificatePath, string keyPath, ImmutableArray<string> ownNames, TimeProvider time, ILogger logger, Chain chain)
    {
        (_certificatePath, _keyPath, _ownNames, _time, _logger, _chain) = (certificatePath, keyPath, ownNames, time, logger, chain);
        _nextCheck = time.GetTimestamp();
    }

    /// <summary>The certificate to show now.</summary>
    public Chain Current
    {
        get
        {
            if (_time.GetElapsedTime(Interlocked.Read(ref _nextCheck)) >= CheckInterval)
            {
                lock (_lock)
                {
                    if (_time.GetElapsedTime(_nextCheck) >= CheckInterval)
                    {
                        Interlocked.Exchange(ref _nextCheck, _time.GetTimestamp());
                        Refresh();
                    }
                }
            }

            return _chain;
        }
    }

    /// <summary>Loads the operator's certificate.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">The files are no certificate and its key.</exception>
    public static ServerCertificate Load(string certificatePath, string keyPath, TimeProvider time, ILogger logger) =>
        new(certificatePath, keyPath, [], time, logger, Read(certificatePath, keyPath));

    /// <summary>Loads the service's own certificate, or makes one if there is none that fits and lasts.</summary>
    /// <param name="certificatePath">Where it is kept, readable by all.</param>
    /// <param name="keyPath">Where its key is kept, readable by its owner alone.</param>
    /// <param name="names">The names and addresses that must be in it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of renewals.</param>
    public static ServerCertificate OpenOwn(
        string certificatePath, string keyPath, ImmutableArray<string> names, TimeProvider time, ILogger logger)
    {
        if (File.Exists(certificatePath) && File.Exists(keyPath))
        {
            try
            {
                var chain = Read(certificatePath, keyPath);
                if (!IsEnding(chain, time.GetUtcNow()) && Covers(chain.Leaf, names))
                {
                    return new ServerCertificate(certificatePath, keyPath, names, time, logger, chain);
                }
            }
            catch (CryptographicException e)
            {
                // Between the two files of a renewal a crash can leave a pair that does not match: a new pair replaces it.
                ServeLog.OwnCertificateUnusable(logger, certificatePath, e);
            }
        }

        return new ServerCertificate(certificatePath, keyPath, names, time, logger, Make(certificatePath, keyPath, names, time, logger));
    }

    /// <summary>Frees the certificate's key.</summary>
    public void Dispose() => _chain.Leaf.Dispose();

    private void Refresh()
    {
        try
        {
            if (!_ownNames.IsEmpty)
            {
                if (IsEnding(_chain, _time.GetUtcNow()))
                {
                    _chain = Make(_certificatePath, _keyPath, _ownNames, _time, _logger);
                }
            }
            else if (ChangeOf(_certificatePath, _keyPath) != _chain.Changed)
            {
                _chain = Read(_certificatePath, _keyPath);
                ServeLog.CertificateReloaded(_logger, _certificatePath, Instant(_chain.Leaf.NotAfter.ToUniversalTime()));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            ServeLog.CertificateNotRefreshed(_logger, _certificatePath, e);    // the old one goes on until its end
        }
    }

    private static bool IsEnding(Chain chain, DateTimeOffset now) => chain.Leaf.NotAfter.ToUniversalTime() - now.UtcDateTime < RenewAhead;

    private static bool Covers(X509Certificate2 certificate, ImmutableArray<string> names) =>
        names.All(name => certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false));

    private static Chain Read(string certificatePath, string keyPath)
    {
        var changed = ChangeOf(certificatePath, keyPath);
        var leaf = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(certificatePath);
        var above = new X509Certificate2Collection();
        foreach (var certificate in all)
        {
            if (!certificate.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))
            {
                above.Add(certificate);
            }
        }

        return new Chain(leaf, SslStreamCertificateContext.Create(leaf, above, offline: true), changed);
    }

    private static (DateTime, DateTime) ChangeOf(string certificatePath, string keyPath) =>
        (File.GetLastWriteTimeUtc(certificatePath), File.GetLastWriteTimeUtc(keyPath));

    private static Chain Make(string certificatePath, string keyPath, ImmutableArray<string> names, TimeProvider time, ILogger logger)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = ServerCertificateRequest.Create("casemate", key, names);
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - TimeSpan.FromMinutes(5), now + Validity);

        // The key first: a crash in between leaves a pair that does not match, which the next start replaces.
        AtomicFile.Write(keyPath, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        AtomicFile.Write(
            certificatePath, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        ServeLog.CertificateMade(logger, certificatePath, Instant((now + Validity).UtcDateTime));
        return Read(certificatePath, keyPath);
    }

    /// <summary>
    /// A certificate with its key, the same with what stands above it for handshakes, and when its files were last changed.
    /// </summary>
    internal sealed record Chain(X509Certificate2 Leaf, SslStreamCertificateContext Context, (DateTime, DateTime) Changed);
}
