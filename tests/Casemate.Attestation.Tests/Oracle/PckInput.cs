namespace Casemate.Attestation.Tests.Oracle;

/// <summary>One question for both implementations: certificates in some order, both revocation lists, the pinned root, an instant.</summary>
internal sealed record PckInput(byte[][] Certificates, byte[] RootCrl, byte[] PckCrl, byte[] PinnedRoot, DateTimeOffset At);
