import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Questionnaire;

/** Validates bundles against R4 with no network: one line a file, "name: ok" or "name: " and what is wrong. */
class Validate {
  public static void main(String[] files) throws Exception {
    FhirContext context = FhirContext.forR4();
    // It is the validator that shall speak, and of all that is wrong.
    context.setParserErrorHandler(new LenientErrorHandler().disableAllErrors());
    for (String file : files) {
      String text = Files.readString(Path.of(file));
      Bundle bundle = context.newJsonParser().parseResource(Bundle.class, text);
      FhirValidator validator = context.newValidator();
      validator.registerValidatorModule(
          new FhirInstanceValidator(
              new ValidationSupportChain(
                  new Beside(context, bundle),
                  new DefaultProfileValidationSupport(context),
                  new CommonCodeSystemsTerminologyService(context),
                  new InMemoryTerminologyServerValidationSupport(context))));
      String wrong =
          validator.validateWithResult(text).getMessages().stream()
              .filter(m -> m.getSeverity().compareTo(ResultSeverityEnum.WARNING) >= 0)
              .map(m -> m.getSeverity() + " " + m.getLocationString() + " " + m.getMessage())
              .collect(Collectors.joining(" | "));
      System.out.println(
          Path.of(file).getFileName() + ": " + (wrong.isEmpty() ? "ok" : wrong.replace("\n", " ")));
    }
  }

  /** Finds the Questionnaire that lies beside the answers in the bundle, so that they are held against it. */
  record Beside(FhirContext context, Bundle bundle) implements IValidationSupport {
    @Override
    public FhirContext getFhirContext() {
      return context;
    }

    @Override
    public <T extends IBaseResource> T fetchResource(Class<T> kind, String url) {
      return bundle.getEntry().stream()
          .map(Bundle.BundleEntryComponent::getResource)
          .filter(r -> r instanceof Questionnaire q && q.getUrl().equals(url) && kind.isInstance(q))
          .map(kind::cast)
          .findFirst()
          .orElse(null);
    }
  }
}
