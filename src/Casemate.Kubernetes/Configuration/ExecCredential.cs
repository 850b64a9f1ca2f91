using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Primitives.Json;

namespace Casemate.Kubernetes;

/// <summary>
/// Asks a program for the credential and keeps it until it expires. Source: client-go credential plugins,
/// <c>client.authentication.k8s.io/v1</c>.
/// </summary>
internal sealed class ExecCredential(ExecCommand command) : ICredentialSource, IDisposable
{
    private const int MaxOutputBytes = 1 << 20;

    private static readonly TimeSpan ProcessLimit = TimeSpan.FromSeconds(30);

    // What a program leaves behind may hold its output open for as long as it likes.
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(2);

    // A credential that ends while a request is under way would be refused.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private KubeCredential? _last;
    private DateTimeOffset _expires;
    private volatile bool _refused;

    public async ValueTask<KubeCredential> GetAsync(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        limit = limit < ProcessLimit ? limit : ProcessLimit;
        using var end = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        try
        {
            await _one.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                if (_last is null || _refused || time.GetUtcNow() >= _expires)
                {
                    _refused = false;
                    (_last, _expires) = Read(await RunAsync(time, either.Token).ConfigureAwait(false));
                }

                return _last;
            }
            finally
            {
                _one.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"did not end within {limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s");
        }
    }

    public bool Invalidate()
    {
        _refused = true;
        return true;
    }

    public void Dispose() => _one.Dispose();

    private async Task<byte[]> RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in command.Variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = new JsonObject
        {
            ["apiVersion"] = command.ApiVersion,
            ["kind"] = "ExecCredential",
            ["spec"] = new JsonObject { ["interactive"] = false },
        }.ToJsonString();

        Process process;
        try
        {
            process = Process.Start(start) ?? throw Failed("did not start");
        }
        catch (Win32Exception exception)
        {
            throw Failed($"cannot be started: {exception.Message}", exception);
        }

        using (process)
        using (var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            try
            {
                process.StandardInput.Close();
                // What it says about itself may hold secrets: read, so that it cannot block, and dropped.
                _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, reading.Token);
                return await OutputAsync(process, time, reading.Token).ConfigureAwait(false);
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }

                await reading.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<byte[]> OutputAsync(Process process, TimeProvider time, CancellationToken cancellationToken)
    {
        var output = ReadAsync(process.StandardOutput.BaseStream, cancellationToken);
        var end = process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(output, end).ConfigureAwait(false) == output)
        {
            await output.ConfigureAwait(false);                            // it wrote too much, or is about to end
        }

        await end.ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw Failed($"ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}; run it by hand to see why");
        }

        try
        {
            return await output.WaitAsync(OutputLimit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Failed("ended, and something that it started keeps its output open");
        }
    }

    private async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var chunk = new byte[4096];
        int count;
        while ((count = await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (output.Length + count > MaxOutputBytes)
            {
                throw Failed($"wrote more than {MaxOutputBytes >> 20} MiB");
            }

            output.Write(chunk, 0, count);
        }

        return output.ToArray();
    }

    private (KubeCredential Credential, DateTimeOffset Expires) Read(byte[] output)
    {
        if (!StrictJson.TryParse(output, out var document, out _))
        {
            throw Failed("did not write an ExecCredential in JSON");
        }

        using (document)
        {
            var root = document.RootElement;
            if (KubeObject.Text(root, "kind") != "ExecCredential" || KubeObject.Text(root, "apiVersion") != command.ApiVersion
                || !root.TryGetProperty("status", out var status) || status.ValueKind is not JsonValueKind.Object)
            {
                throw Failed($"did not write an ExecCredential of {command.ApiVersion} with a status");
            }

            var token = KubeObject.Text(status, "token");
            var certificate = KubeObject.Text(status, "clientCertificateData");
            var key = KubeObject.Text(status, "clientKeyData");
            if (token.Length == 0 && certificate.Length == 0)
            {
                throw Failed("gave neither a token nor a certificate");
            }

            var expiry = KubeObject.Text(status, "expirationTimestamp");
            var expires = DateTimeOffset.MaxValue;
            if (expiry.Length > 0)
            {
                if (!DateTimeOffset.TryParse(expiry, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out expires))
                {
                    throw Failed("gave an expirationTimestamp that is no time");
                }

                expires = expires - DateTimeOffset.UnixEpoch > Early ? expires - Early : expires;
            }

            return (
                new KubeCredential(
                    token.Length == 0 ? null : TokenText.Check(token, $"the program {command.Program}"),
                    certificate.Length == 0 ? null : ClientCertificate.FromPem(certificate, key, $"the program {command.Program}")),
                expires);
        }
    }

    private KubeConfigurationException Failed(string problem, Exception? cause = null) =>
        new($"{command.Where}: the program {command.Program}, which gives the credentials, {problem}."
            + (cause is Win32Exception && command.InstallHint.Length > 0 ? $" {command.InstallHint}" : ""), cause);
}
