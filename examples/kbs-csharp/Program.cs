using System.Security.Cryptography;
using System.Text.Json;
using KbsExample;

// Usage: kbs-csharp [REPOSITORY/TYPE/TAG]
// CASEMATE_KBS_URL says where the broker is, CASEMATE_GUEST_API where evidence is made. `casemate run` sets both; KBS_URL names
// another broker than its own.
var path = args.Length > 0 ? args[0] : "default/secret/greeting";
var kbs = Environment.GetEnvironmentVariable("KBS_URL") ?? Environment.GetEnvironmentVariable("CASEMATE_KBS_URL") ?? "http://127.0.0.1:8080";
var guestApi = Environment.GetEnvironmentVariable("CASEMATE_GUEST_API") ?? "http://127.0.0.1:8006";

try
{
    using var client = new KbsClient(new Uri(kbs), new Uri(guestApi));
    var secret = await client.GetResourceAsync(path);
    await using var output = Console.OpenStandardOutput();
    await output.WriteAsync(secret);
    await output.WriteAsync("\n"u8.ToArray());
    return 0;
}
catch (Exception error) when (error is KbsException or HttpRequestException or JsonException or CryptographicException
    or TaskCanceledException or KeyNotFoundException or InvalidOperationException or FormatException)
{
    await Console.Error.WriteLineAsync($"no secret: {error.Message}");
    return 1;
}
