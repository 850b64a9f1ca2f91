using System.Collections.Immutable;
using Casemate.Measurement.Enclave;
using Casemate.Oci;

namespace Casemate.Images.Gramine;

/// <summary>A Gramine-based image that was written.</summary>
/// <param name="Descriptor">Its manifest.</param>
/// <param name="Report">What an inspection says of its enclave.</param>
/// <param name="Labels">The labels that were computed.</param>
public sealed record EnclaveImage(Descriptor Descriptor, EnclaveReport Report, ImmutableSortedDictionary<string, string> Labels);
