/* hdf5_fault.c: HDF5 without its own prints, one caller at a time; what it says of a failure, in words of use.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/text.h"

#ifdef HAVE_HDF5

#include <pthread.h>
#include <stdio.h>

#include "layer/hdf5_fault.h"

#define WORDS_BYTES 160
#define NAME_BYTES 64

/* ---- Sessions ------------------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void cln_hdf5_begin(struct cln_hdf5_session *session)
{
	pthread_mutex_lock(&lock);
	*session = (struct cln_hdf5_session){NULL, NULL};
	H5Eget_auto2(H5E_DEFAULT, &session->print, &session->print_data);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void cln_hdf5_end(const struct cln_hdf5_session *session)
{
	H5Eset_auto2(H5E_DEFAULT, session->print, session->print_data);
	pthread_mutex_unlock(&lock);
}

void cln_hdf5_close(hid_t id)
{
	if (id >= 0) {
		H5Idec_ref(id);
	}
}

/* ---- Words ---------------------------------------------------------------------------------------------------- */

/* The innermost record says most, with two exceptions: where plugins were looked for in vain, and which file an
 * external link names. */
static herr_t keep_words(unsigned n, const H5E_error2_t *error, void *out)
{
	char *words = out;
	bool names_file = error->maj_num == H5E_LINK && error->min_num == H5E_CANTOPENFILE;
	(void)n;
	if (error->desc && error->maj_num != H5E_PLUGIN && (words[0] == '\0' || names_file)) {
		snprintf(words, WORDS_BYTES, "%s", error->desc);
	}
	return 0;
}

/* HDF5 forgets them at its next call. */
static void words_take(char words[WORDS_BYTES])
{
	words[0] = '\0';
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_words, words);
}

static clnorm_status fail_with(const char *path, const char *where, const char *reason, const char *words)
{
	return cln_fail(CLNORM_BAD_FILE, "%s: %s%s%s%s%s%s", path, where, where[0] ? ": " : "", reason,
	                words[0] ? " (" : "", words, words[0] ? ")" : "");
}

clnorm_status cln_hdf5_fail(const char *path, const char *where, const char *reason)
{
	char words[WORDS_BYTES];
	words_take(words);
	return fail_with(path, where, reason, words);
}

/* ---- Filters -------------------------------------------------------------------------------------------------- */

/* "lzf (32000)"; the number alone where the file has no name for it. */
static void filter_name(hid_t properties, unsigned i, H5Z_filter_t *number, char name[NAME_BYTES])
{
	unsigned flags = 0;
	size_t values = 0;
	char given[NAME_BYTES / 2] = "";
	*number = H5Pget_filter2(properties, i, &flags, &values, NULL, sizeof(given), given, NULL);
	given[sizeof(given) - 1] = '\0';
	snprintf(name, NAME_BYTES, given[0] != '\0' ? "%s (%d)" : "%s%d", given, (int)*number);
}

/* Appends the names of the dataset's filters; where this HDF5 lacks one, that one's alone, and false. */
static bool filters_list(hid_t set, struct cln_text *names)
{
	hid_t properties = H5Dget_create_plist(set);
	int count = properties >= 0 ? H5Pget_nfilters(properties) : 0;
	bool all_there = true;

	for (int i = 0; i < count && all_there; ++i) {
		char name[NAME_BYTES];
		H5Z_filter_t number;
		filter_name(properties, (unsigned)i, &number, name);
		all_there = H5Zfilter_avail(number) > 0;
		if (!all_there) {
			cln_text_clear(names);
		}
		cln_text_add(names, "%s%s", names->length > 0 ? ", " : "", name);
	}
	cln_hdf5_close(properties);
	return all_there;
}

clnorm_status cln_hdf5_fail_read(const char *path, const char *where, hid_t set)
{
	clnorm_status st;
	char words[WORDS_BYTES];
	struct cln_text names = {0}, reason = {0};

	words_take(words);
	if (!filters_list(set, &names)) {
		st = cln_fail(CLNORM_BAD_FILE,
		              "%s: %s is packed with the filter %s, which this HDF5 does not have (it looks for "
		              "plugins where "
		              "HDF5_PLUGIN_PATH says)",
		              path, where, cln_text_chars(&names));
	} else {
		cln_text_add(&reason, "cannot be read%s%s", names.length > 0 ? "; it is packed with " : "",
		             cln_text_chars(&names));
		st = fail_with(path, where, cln_text_chars(&reason), words);
	}
	cln_text_clear(&names);
	cln_text_clear(&reason);
	return st;
}

#endif
