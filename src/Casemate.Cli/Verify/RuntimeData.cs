using System.Security.Cryptography;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>
/// Runtime data named with <c>--runtime-data</c>: what somebody wants to bind to evidence, and is longer than report data. The rule is that
/// of the quote helper's evidence endpoint: report data = SHA-512(runtime data), 64 bytes.
/// </summary>
internal static class RuntimeData
{
    private const int MaximumSize = 64 * 1024;                             // what the endpoint takes

    /// <summary>The report data that evidence over a file has.</summary>
    /// <param name="path">The file; null: none is named.</param>
    /// <param name="reportData">What <c>--report-data</c> says; null: it is not given.</param>
    /// <returns>64 bytes; null when neither is given.</returns>
    /// <exception cref="CliException">Both are given (exit code 2).</exception>
    /// <exception cref="MalformedInputException">The file cannot be read, or is too long.</exception>
    public static byte[]? Read(string? path, byte[]? reportData)
    {
        if (path is null)
        {
            return reportData;
        }

        if (reportData is not null)
        {
            throw CliException.Usage(
                "--report-data and --runtime-data are two ways to say the same", "Give one: --runtime-data hashes the file (SHA-512).");
        }

        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[MaximumSize + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= MaximumSize
                ? SHA512.HashData(buffer.AsSpan(0, length))
                : throw new MalformedInputException(
                    path, $"has more than {MaximumSize} bytes, which no evidence endpoint takes as runtime data",
                    "Hash it, and give the hash with --report-data.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new MalformedInputException(path, $"cannot be read: {exception.Message}", cause: exception);
        }
    }
}
