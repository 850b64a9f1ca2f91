using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Registry;

/// <summary>
/// Runs <c>docker-credential-NAME get</c>: the server on its standard input, a JSON object or a line of complaint on its standard
/// output. Source: the docker-credential-helpers protocol.
/// </summary>
internal sealed class CredentialHelper(string searchPath, TimeProvider time)
{
    private const int MaxOutputBytes = 64 * 1024;
    private const int MaxNameLength = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks a helper.</summary>
    /// <param name="name">Its name without the prefix.</param>
    /// <param name="server">The registry, as the helper knows it.</param>
    /// <param name="cancel">Ends the wait and the helper.</param>
    /// <returns>The credential; null when the helper has none.</returns>
    /// <exception cref="OciException">There is no such helper, or it fails.</exception>
    public async Task<RegistryCredential?> GetAsync(string name, string server, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        using var process = Start(name, Find(name));
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, keep: true, either.Token);
            var complaints = ReadAsync(process.StandardError.BaseStream, keep: false, either.Token);
            try
            {
                await process.StandardInput.WriteAsync(server.AsMemory(), either.Token).ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading; its exit code and output say why.
                cancel.ThrowIfCancellationRequested();
            }

            var answer = await output.ConfigureAwait(false);
            await complaints.ConfigureAwait(false);
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? Read(name, answer) : Missing(name, answer, process.ExitCode);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Failed(name, $"did not answer within {s_patience.TotalSeconds} s");
        }
        finally
        {
            Kill(process);
        }
    }

    // By the search path alone: a program in the current directory, or beside this one, is not meant.
    private string Find(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name.AsSpan().ContainsAnyExcept(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))
        {
            throw new OciException(OciError.MalformedDocument, $"'{Quoted.Of(name)}' is not the name of a credential helper");
        }

        return searchPath.Split(Path.PathSeparator).Where(Path.IsPathFullyQualified)
            .Select(directory => Path.Combine(directory, $"docker-credential-{name}")).FirstOrDefault(File.Exists)
            ?? throw Failed(name, "is not on the PATH");
    }

    private static Process Start(string name, string path)
    {
        var start = new ProcessStartInfo(path, ["get"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            UseShellExecute = false,
        };
        try
        {
            return Process.Start(start) ?? throw Failed(name, "did not start");
        }
        catch (Win32Exception exception)
        {
            throw Failed(name, "cannot be started", exception);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, bool keep, CancellationToken cancel)
    {
        var all = new MemoryStream();
        var piece = new byte[4_096];
        var total = 0;
        while (await stream.ReadAsync(piece, cancel).ConfigureAwait(false) is > 0 and var count)
        {
            total += count;
            if (total > MaxOutputBytes)
            {
                throw new OciException(OciError.LimitExceeded, "a credential helper wrote more than 64 KiB");
            }

            if (keep)
            {
                all.Write(piece, 0, count);
            }
        }

        return all.ToArray();
    }

    private static RegistryCredential? Read(string name, byte[] answer)
    {
        if (!StrictJson.TryParse(answer, out var document, out _))
        {
            throw Failed(name, "answered with something that is not JSON");
        }

        using (document)
        {
            if (document.RootElement.ValueKind is not JsonValueKind.Object
                || Text(document.RootElement, "Username") is not { } user || Text(document.RootElement, "Secret") is not { } secret)
            {
                throw Failed(name, "answered without a user name or a secret");
            }

            return secret.Length == 0 ? null
                : user == "<token>" ? RegistryCredential.OfIdentityToken(secret)
                : RegistryCredential.OfPassword(user, secret);
        }
    }

    // Helpers say that they have nothing by this sentence and a non-zero exit code.
    private static RegistryCredential? Missing(string name, byte[] answer, int exitCode) =>
        Encoding.UTF8.GetString(answer).Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
            ? null
            : throw Failed(name, $"ended with exit code {exitCode}");

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static OciException Failed(string name, string what, Exception? cause = null) => new(
        OciError.Unauthorized, $"the credential helper 'docker-credential-{name}' {what}",
        "Repair it, or name a file with credentials (--authfile FILE).", cause);

    private static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
