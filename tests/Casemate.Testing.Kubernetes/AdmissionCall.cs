using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>A webhook that the server asked.</summary>
/// <param name="Webhook">Its name.</param>
/// <param name="Request">The request of the AdmissionReview.</param>
/// <param name="Outcome"><c>allowed</c>, <c>denied</c>, or <c>failed: …</c>.</param>
public sealed record AdmissionCall(string Webhook, JsonObject Request, string Outcome);
