using System.Net.Sockets;
using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Collateral;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;

namespace Casemate.Cli.Quotes;

/// <summary>
/// Asks a quote helper as real clients do, one step at a time: the six calls of Open Enclave, then the two of Gramine. Where it finds
/// the simulator behind the socket it reports as an enclave of it, and verifies the quote; on hardware only an enclave can report, so
/// that a report which nobody made must be refused for its MAC: the last thing that happens before a quote.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="installation">The simulated platform of this user; null: there is none.</param>
/// <param name="now">The instant at which a quote is verified.</param>
internal sealed class HelperCheck(AesmClient client, SimulatedInstallation? installation, DateTimeOffset now)
{
    private const uint GramineBuffer = 8192;
    private const int MaximumBeside = 64;
    private readonly List<CheckStep> _steps = [];
    private readonly byte[] _reportData = RandomNumberGenerator.GetBytes(64);

    /// <summary>What was tried, in order; the last is the one that failed, if any did.</summary>
    public IReadOnlyList<CheckStep> Steps => _steps;

    /// <summary>Whether quotes came from the simulator.</summary>
    public bool IsSimulated { get; private set; }

    /// <summary>The exit code.</summary>
    public int ExitCode { get; private set; } = Cli.ExitCode.Success;

    /// <summary>Tries everything, to the first step that fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            FindSocket();
            if (await IsOfGuestAsync(cancellationToken))
            {
                return;
            }

            await AskAsOpenEnclaveAsync(cancellationToken);
            await AskAsGramineAsync(cancellationToken);
            ExitCode = IsSimulated ? Cli.ExitCode.Simulated : Cli.ExitCode.Success;
        }
        catch (CheckFailedException failure)
        {
            _steps.Add(new CheckStep(failure.Step, Passed: false, failure.Message, failure.Remedy));
            ExitCode = failure.ExitCode;
        }
    }

    private void FindSocket()
    {
        if (client.Endpoint.StartsWith('@'))
        {
            return;
        }

        const string step = "the socket is there";
        if (Directory.Exists(client.Endpoint))
        {
            throw new CheckFailedException(
                step, Cli.ExitCode.Unreachable, $"{client.Endpoint} is a directory.",
                "A volume was mounted at the socket's own path before the socket was there: mount its directory instead.");
        }

        if (!File.Exists(client.Endpoint))
        {
            var directory = Path.GetDirectoryName(Path.GetFullPath(client.Endpoint))!;
            throw new CheckFailedException(
                step, Cli.ExitCode.Unreachable, $"{client.Endpoint} does not exist.",
                Directory.Exists(directory) ? StartIt(Path.GetFullPath(client.Endpoint), directory)
                    : $"{directory} does not exist either: mount the node's socket directory there, or name the socket with --socket.");
        }

        Pass(step, client.Endpoint);
    }

    // The directory is there. On a node the other allocations are beside it; in a pod one of them is mounted where the shared one would be.
    private static string StartIt(string socket, string directory)
    {
        var root = Path.GetDirectoryName(directory);
        var name = Path.GetFileName(socket);
        var isAllocation = root is not null && name == Path.GetFileName(AesmServer.DefaultPath)
            && (Path.GetFileName(root).Contains("allocation", StringComparison.OrdinalIgnoreCase) || HasSocketBeside(root, directory, name));
        if (isAllocation)
        {
            return $"The directory is there, as that of an allocation: start 'casemate quote-helper --allocations {root}', which keeps a socket "
                + "in each directory there; a helper that runs makes it within a quarter of a second.";
        }

        return socket == AesmServer.DefaultPath
            ? "The directory is there, so that the mount works: start 'casemate quote-helper' on the node; where the node agent mounts a "
                + "directory for each allocation here, with --allocations and the directory that they are in."
            : $"The directory is there, so that the mount works: start 'casemate quote-helper --socket {socket}'.";
    }

    private static bool HasSocketBeside(string root, string directory, string name)
    {
        try
        {
            return Directory.EnumerateDirectories(root).Take(MaximumBeside)
                .Any(other => other != directory && File.Exists(Path.Combine(other, name)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;                                                  // it only makes the advice better
        }
    }

    // On a confidential guest without SGX nobody can quote enclaves; evidence of the guest is what its helper is for.
    private async Task<bool> IsOfGuestAsync(CancellationToken cancellationToken)
    {
        const string step = "SGX";
        var evidence = client.Endpoint.StartsWith('@') ? null
            : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(client.Endpoint))!, "evidence.socket");
        if (evidence is null || !File.Exists(evidence))
        {
            return false;
        }

        try
        {
            await client.GetKeyIdCountAsync(cancellationToken);
            return false;
        }
        catch (AesmClientException exception) when (exception.Error is AesmError.NoDevice)
        {
            Pass(step, "none on this machine, as AESM clients are told (2): evidence of the machine itself is asked for instead");
        }
        catch (AesmClientException)
        {
            return false;                                                  // the steps after this one say what is wrong
        }

        await AskForEvidenceAsync(evidence, cancellationToken);
        return true;
    }

    private async Task AskForEvidenceAsync(string socket, CancellationToken cancellationToken)
    {
        const string step = "evidence of this machine";
        EvidenceFile made;
        try
        {
            var bundle = await EvidenceClient.GetAsync(socket, tee: null, _reportData, wantsCollateral: false, cancellationToken);
            made = EvidenceBundle.Parse(bundle, socket);
        }
        catch (CliException exception)
        {
            throw new CheckFailedException(
                step, exception.ExitCode, exception.Message, exception.Remedy ?? "Look at the quote helper's log.");
        }
        catch (MalformedInputException exception)
        {
            throw new CheckFailedException(
                step, Cli.ExitCode.Refused, exception.Message, "Report it to the maker of the service: it breaks the protocol.");
        }

        if (made.Evidence.Span.IndexOf(_reportData) < 0)
        {
            throw new CheckFailedException(
                step, Cli.ExitCode.Refused, $"It is not over the report data that were sent ({made.Evidence.Length} bytes).",
                "Do not trust evidence of this service: it may be of another time, or another machine.");
        }

        Pass(
            step,
            $"{made.Tee?.ToString().ToUpperInvariant()}, {made.Evidence.Length} bytes over our report data; what they prove says casemate verify");
    }

    private async Task AskAsOpenEnclaveAsync(CancellationToken cancellationToken)
    {
        var count = await TryAsync("Open Enclave 1: number of keys", () => client.GetKeyIdCountAsync(cancellationToken), n => $"{n}");
        var keys = await TryAsync("Open Enclave 2: key ids", () => client.GetKeyIdsAsync(count, cancellationToken), k => $"{k.Count} of 256 bytes");
        var key = keys.Count > 0 ? keys[0] : throw new CheckFailedException(
            "Open Enclave 2: key ids", Cli.ExitCode.Refused, "The service lists no key.", "Look at the quote helper's log.");
        await TryAsync("Open Enclave 3: make the key", () => client.InitialiseAsync(key, cancellationToken), _ => "target info of 512 bytes");
        var (target, _) = await TryAsync(
            "Open Enclave 4: name of the key", () => client.InitialiseWithPublicKeyIdAsync(key, cancellationToken),
            made => Convert.ToHexStringLower(made.PublicKeyId.Span));
        var size = await TryAsync("Open Enclave 5: size of a quote", () => client.GetQuoteSizeAsync(key, cancellationToken), s => $"{s} bytes");
        await QuoteAsync("Open Enclave 6: a quote", key, target, size, cancellationToken);
    }

    private async Task AskAsGramineAsync(CancellationToken cancellationToken)
    {
        var key = AttestationKeyId.IntelQe3;
        var (target, _) = await TryAsync(
            "Gramine 1: make the key", () => client.InitialiseWithPublicKeyIdAsync(key, cancellationToken), _ => "target info of 512 bytes");
        await QuoteAsync("Gramine 2: a quote", key, target, GramineBuffer, cancellationToken);
    }

    private async Task QuoteAsync(
        string step, AttestationKeyId key, ReadOnlyMemory<byte> target, uint size, CancellationToken cancellationToken)
    {
        var machine = installation?.Platform.Dcap;
        if (machine is null || !target.Span.SequenceEqual(machine.QuotingEnclave.TargetInfo.Span))
        {
            await ForgeAsync(step, key, size, cancellationToken);
            return;
        }

        IsSimulated = true;
        var report = machine.Report(new SimulatedEnclave { MrEnclave = SimulatedNode.Measurement.MrEnclave }, target.Span, _reportData);
        var answer = await TryAsync(
            step, () => client.GetQuoteAsync(key, new QuoteRequest(report, default), size, cancellationToken),
            made => $"{made.Quote.Length} bytes");
        Verify(answer.Quote.Span, machine);
    }

    private async Task ForgeAsync(string step, AttestationKeyId key, uint size, CancellationToken cancellationToken)
    {
        try
        {
            await client.GetQuoteAsync(key, new QuoteRequest(new byte[QuoteRequest.ReportSize], default), size, cancellationToken);
        }
        catch (AesmClientException exception) when (exception.Error is AesmError.InvalidReport)
        {
            Pass(step, "a report that no enclave made is refused (47), as it must be; enclaves' own reports get this far, too");
            return;
        }
        catch (AesmClientException exception)
        {
            throw Failure(step, exception);
        }

        throw new CheckFailedException(
            step, Cli.ExitCode.Refused, "A report that no enclave made got a quote.",
            "Do not trust quotes of this service: it does not check reports.");
    }

    private void Verify(ReadOnlySpan<byte> quote, SimulatedDcap machine)
    {
        const string step = "the quote verifies";
        var error = Attestation.Dcap.Quote.TryRead(quote, out _, out var offset);
        if (error is not QuoteError.None)
        {
            throw new CheckFailedException(
                step, Cli.ExitCode.Refused, $"It is not a quote: {error} at byte {offset} of {quote.Length}.",
                "Report it to the maker of the service: it breaks the protocol.");
        }

        var verdict = QuoteVerifier.Verify(
            quote, machine.Collateral(Tee.Sgx, now), installation!.Platform.Allow(TrustRoots.None), now,
            EvidencePolicy.Default with
            {
                ReportData = _reportData,
                Sgx = new SgxPolicy { MrEnclaves = [SimulatedNode.Measurement.MrEnclave] },
            });
        if (verdict.Reasons.FirstOrDefault() is { } reason)
        {
            throw new CheckFailedException(
                step, Cli.ExitCode.Refused, $"{reason.Id}: expected {reason.Expected}, found {reason.Actual}.",
                "The handbook's page 'diagnostics' explains the name.");
        }

        Pass(step, "accepted under the simulator's root, with our report data: SIMULATED, it proves nothing");
    }

    private async Task<T> TryAsync<T>(string step, Func<ValueTask<T>> call, Func<T, string> describe)
    {
        try
        {
            var answer = await call();
            Pass(step, describe(answer));
            return answer;
        }
        catch (AesmClientException exception)
        {
            throw Failure(step, exception);
        }
    }

    private static CheckFailedException Failure(string step, AesmClientException exception) => exception.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.AccessDenied } => new CheckFailedException(
            step, Cli.ExitCode.NotPermitted, exception.Message,
            "This user may not write to the socket: the quote helper makes it with mode 0666, so look at its directory, at the mount "
            + "(read-only is enough) and at SELinux or AppArmor."),
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => new CheckFailedException(
            step, Cli.ExitCode.Unreachable, exception.Message,
            "The file is there and nobody listens: the service died, or the file and not its directory is mounted. Start the quote helper; "
            + "mount the directory."),
        _ when exception.Error is not null => new CheckFailedException(step, Cli.ExitCode.Refused, exception.Message, exception.Remedy),
        _ => new CheckFailedException(step, Cli.ExitCode.Unreachable, exception.Message, exception.Remedy),
    };

    private void Pass(string step, string detail) => _steps.Add(new CheckStep(step, Passed: true, detail));
}
