/* vendors.c: where the OpenCL loader looks for implementations: what a user needs to see when it finds none.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/info/vendors.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_FOLDER "/etc/OpenCL/vendors"
#define FILES_MAX 64

/* Of ocl-icd, of the Khronos loader, and ours. */
static const char *const variables[] = {"OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH", "CLNORM_DEVICE"};
enum { VARIABLE_COUNT = sizeof variables / sizeof variables[0] };

struct icd_file {
	char path[512];
	char library[256]; /* its first line; "" where it cannot be read */
};

struct icd_list {
	const char *folder;
	bool is_there;
	struct icd_file files[FILES_MAX];
	size_t count;
};

static void add_file(struct icd_list *list, const char *path)
{
	struct icd_file *file = &list->files[list->count++];
	*file = (struct icd_file){0};
	snprintf(file->path, sizeof file->path, "%s", path);
	FILE *opened = fopen(path, "r");
	if (opened != NULL) {
		if (fgets(file->library, sizeof file->library, opened) != NULL) {
			file->library[strcspn(file->library, "\r\n")] = '\0';
		}
		fclose(opened);
	}
}

static bool has_icd_ending(const char *name)
{
	size_t length = strlen(name);
	return length > 4 && strcmp(name + length - 4, ".icd") == 0;
}

/* The folder, or the one file, that OCL_ICD_VENDORS or OPENCL_VENDOR_PATH names, else the usual folder. */
static void read_list(struct icd_list *list)
{
	const char *vendors = getenv("OCL_ICD_VENDORS"), *vendor_path = getenv("OPENCL_VENDOR_PATH");
	struct stat facts;
	list->count = 0;
	list->folder = vendors != NULL ? vendors : vendor_path != NULL ? vendor_path : DEFAULT_FOLDER;
	list->is_there = stat(list->folder, &facts) == 0;
	if (list->is_there && !S_ISDIR(facts.st_mode)) {
		add_file(list, list->folder);
		return;
	}
	DIR *folder = opendir(list->folder);
	for (struct dirent *entry; folder != NULL && list->count < FILES_MAX && (entry = readdir(folder)) != NULL;) {
		char path[512];
		int length = snprintf(path, sizeof path, "%s/%s", list->folder, entry->d_name);
		if (length > 0 && (size_t)length < sizeof path && has_icd_ending(entry->d_name)) {
			add_file(list, path);
		}
	}
	if (folder != NULL) {
		closedir(folder);
	}
}

void tool_vendors_print(FILE *file)
{
	struct icd_list list;
	read_list(&list);
	fprintf(file, "OpenCL loader\n");
	for (size_t i = 0; i < VARIABLE_COUNT; ++i) {
		const char *value = getenv(variables[i]);
		fprintf(file, "  %-18s %s\n", variables[i], value != NULL ? value : "(not set)");
	}
	fprintf(file, "  %s%s\n", list.folder, list.is_there ? list.count > 0 ? ":" : ": no .icd file" : ": not there");
	for (size_t i = 0; i < list.count; ++i) {
		fprintf(file, "    %s: %s\n", list.files[i].path,
		        list.files[i].library[0] != '\0' ? list.files[i].library : "(cannot be read)");
	}
}

void tool_vendors_print_json(struct tool_json *json, const char *key)
{
	struct icd_list list;
	read_list(&list);
	tool_json_open(json, key, '{');
	for (size_t i = 0; i < VARIABLE_COUNT; ++i) {
		tool_json_text(json, variables[i], getenv(variables[i]));
	}
	tool_json_text(json, "folder", list.folder);
	tool_json_open(json, "files", '[');
	for (size_t i = 0; i < list.count; ++i) {
		tool_json_open(json, NULL, '{');
		tool_json_text(json, "file", list.files[i].path);
		tool_json_text(json, "library", list.files[i].library);
		tool_json_close(json, '}');
	}
	tool_json_close(json, ']');
	tool_json_close(json, '}');
}
