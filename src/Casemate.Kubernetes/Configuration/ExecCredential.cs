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

    // A credential that ends while a request is under way would be refused.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private KubeCredential? _last;
    private DateTimeOffset _expires;
    private volatile bool _refused;

    public async ValueTask<KubeCredential> GetAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_last is null || _refused || time.GetUtcNow() >= _expires)
            {
                _refused = false;
                (_last, _expires) = Read(await RunAsync(time, cancellationToken).ConfigureAwait(false));
            }

            return _last;
        }
        finally
        {
            _one.Release();
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

        using var limit = new CancellationTokenSource(ProcessLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
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
        {
            try
            {
                process.StandardInput.Close();
                // What it says about itself may hold secrets: read, so that it cannot block, and dropped.
                var complaint = process.StandardError.BaseStream.CopyToAsync(Stream.Null, either.Token);
                var output = await ReadAsync(process.StandardOutput.BaseStream, either.Token).ConfigureAwait(false);
                await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
                await complaint.ConfigureAwait(false);
                return process.ExitCode == 0
                    ? output
                    : throw Failed($"ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}; run it by hand to see why");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw Failed($"did not end within {ProcessLimit.TotalSeconds:0} s");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
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
